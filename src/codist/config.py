"""Run: everything that decides a result, typed. yaml becomes a Run once, at the door. Needs no torch.

C01 ... C42 name what the papers leave open or contradict: paper/open.md says what was chosen and
why.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from codist.errors import Refused
from codist.exchange import Options, exchange_options
from codist.optimizer import Optimizer
from codist.schedules import Schedule

SCHEDULES = ("lr", "weight_decay", "alpha", "smoothing")
# the order in which gradients of device batches are added: another one gives other last bits
SUMS = "tree"


@dataclass
class Scaling:
    """How a smaller scale shrinks the published numbers; all arms alike, so that the ratios between them stay."""

    batch: int = (
        1  # batches are divided by this; the learning rate stays, as batch and data shrink together
    )
    epochs: float = 1.0  # epochs, milestones and warm-ups are divided by this
    # warm-ups are divided by this instead, since a short run needs more of it; 0: they are not
    warmup: float = 0.0
    weight_decay: float = 1.0  # multiplied by this: fewer updates, each decaying more
    period: int = 1  # periods of checkpoints are divided by this


@dataclass
class Place:
    """Where a run is made. Decides no number, so it is not part of a run's identity.

    Relative paths that are typed are below the current folder; these defaults, and those of
    sweeps/, in the checkout.
    """

    device: str = "cpu"
    workers: int = 0  # processes that load data
    data: str = "data"
    runs: str = "runs"  # where run folders are made
    shipped: str | None = "paper/results"  # finished runs here are not run again; null: ignore them
    save_seconds: float = (
        30.0  # from one save to the next; also saved when a signal stops the run, and at its end
    )
    patience: float = 60.0  # seconds after which a rank that does not answer is given up
    jobs: int = 0  # runs at a time in a sweep; 0: one a core
    gpu_memory: int = (
        0  # GB that a device should have; plan names the launchers that do. 0: any will do
    )


@dataclass
class Run:
    """One training of n models."""

    sweep: str = ""
    arm: str = ""
    scale: str = "laptop"
    seed: int = 1
    workload: Any = None  # the options of one of workloads/
    n: int = 2  # models; 1 is plain data parallelism, the papers' all_reduce
    epochs: float = 1.0  # passes of each model over the training set (C09)
    # examples of each model an update (C07); tokens, padding included, where sentences are
    # translated
    batch: int = 256
    device_batch: int = (
        32  # of these, what a device runs at once: what BatchNorm sees (v2 A.3: 32; C37)
    )
    devices_per_server: int = 8
    # do the models see one minibatch, draw independently, or from disjoint n-ths of the data
    sampling: str = "same"
    exchange: Options = field(default_factory=lambda: exchange_options("predictions"))  # (C11)
    distance: str = "mse"  # D of Algorithm 1 (C15, C17, scale of D)
    optimizer: Optimizer = field(default_factory=Optimizer)
    lr: Schedule = field(default_factory=lambda: Schedule(0.1))
    weight_decay: Schedule = field(default_factory=Schedule)
    alpha: Schedule = field(default_factory=lambda: Schedule(1.0))  # of the penalty (C16)
    smoothing: Schedule = field(default_factory=Schedule)
    # of forward and backward: fp32; bf16 or fp16 where torch's autocast knows it is safe
    precision: str = "fp32"
    begin_from: str = (
        ""  # an arm of the same sweep: of its model 0, finished, all models take over `first`
    )
    threads: int = 1  # of the CPU: sums in another order give other last bits
    scaling: Scaling = field(default_factory=Scaling)
    place: Place = field(default_factory=Place)

    @property
    def examples(self) -> int:
        """Of an epoch, in the unit of `batch`. A workload that fills device batches by tokens counts each as full: an
        epoch of updates is then one pass over the data, to within an update."""
        of_epoch = getattr(self.workload, "of_epoch", None)
        return of_epoch(self.device_batch) if of_epoch else self.workload.examples

    @property
    def updates(self) -> int:
        """Of each model; 225,205 for 90 epochs of ImageNet at batch 512 (paper/open.md)."""
        return int(self.epochs * self.examples / self.batch)

    @property
    def devices(self) -> int:
        """Devices that hold one model, with one device batch each."""
        return self.batch // self.device_batch

    @property
    def servers(self) -> int:
        """Servers that hold one model; its gradients cross the network from two on."""
        return -(-self.devices // self.devices_per_server)

    @property
    def ends(self) -> list[int]:
        """Updates that are done where an epoch ends, the run's last among them."""
        whole = range(1, int(self.epoch(self.updates)) + 1)
        return sorted({-(-e * self.examples // self.batch) for e in whole} | {self.updates})

    def epoch(self, k: int) -> float:
        """Passes over the data behind update k."""
        return k * self.batch / self.examples

    def sent_bits(self, updates: int) -> float:
        """What an average device sends in `updates` updates by the formulas of v2 §3, without training."""
        weights = 32 * sum(map(self.workload.parameters, range(self.n))) / self.n
        gradients = 2 * weights if self.servers > 1 else 0
        return updates * gradients + self.exchange.sent_bits(self, updates)

    def to_dict(self) -> dict:
        return asdict(self)

    def defaults(self) -> dict:
        """What its keys stand for where a config does not name them."""
        return Run(workload=type(self.workload)(), exchange=type(self.exchange)()).to_dict()


def scaled(run: Run) -> Run:
    """`run`, as its arm gives it in published numbers, at its scale. Raises Refused where a batch does not divide."""
    by = run.scaling
    if run.batch % by.batch:
        raise Refused(
            f"scale {run.scale} divides batches by {by.batch}, and batch={run.batch} does not divide; change it"
        )
    shorter = {
        name: getattr(run, name).shorter(by.epochs, by.warmup or by.epochs) for name in SCHEDULES
    }
    shorter["weight_decay"] = shorter["weight_decay"].times(by.weight_decay)
    return replace(
        run,
        batch=run.batch // by.batch,
        epochs=run.epochs / by.epochs,
        exchange=run.exchange.scaled(by),
        **shorter,
    )
