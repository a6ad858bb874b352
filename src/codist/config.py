"""Run: everything that decides a result, typed. yaml becomes a Run once, at the door. Needs no torch.

C01 ... C42 name what the papers leave open or contradict: paper/open.md says what was chosen and why.
"""

from dataclasses import asdict, dataclass, field, replace
from typing import Any

from codist.errors import Refused, nearest
from codist.schedules import Schedule

EXCHANGES = ("none", "predictions", "checkpoints", "constant")
DISTANCES = ("mse", "mse_sum", "cross_entropy", "kl")
SAMPLINGS = ("same", "independent", "disjoint")
SCHEDULES = ("lr", "weight_decay", "alpha", "smoothing")
TARGETS = ("uniform", "unigram")


@dataclass
class Exchange:
    """What the models tell each other."""

    kind: str = "predictions"  # (C11)
    period: int = 1  # updates from one exchange to the next (C12)
    target: str = "uniform"  # of `constant`: all classes alike, or as frequent as in the training set


@dataclass
class Optimizer:
    """SGD as in torch: momentum without dampening, weight decay added to the gradient, BatchNorm's included."""

    momentum: float = 0.9


@dataclass
class Scaling:
    """How a smaller scale shrinks the published numbers; all arms alike, so that the ratios between them stay."""

    batch: int = 1  # batches are divided by this; the learning rate stays, as batch and data shrink together
    epochs: float = 1.0  # epochs, milestones and warm-ups are divided by this
    weight_decay: float = 1.0  # multiplied by this: fewer updates, each decaying more
    period: int = 1  # periods of checkpoints are divided by this


@dataclass
class Place:
    """Where a run is made. Decides no number, so it is not part of a run's identity."""

    device: str = "cpu"
    workers: int = 0  # processes that load data
    data: str = "data"
    runs: str = "runs"  # where run folders are made
    shipped: str | None = "paper/results"  # finished runs here are not run again; null: ignore them
    save_seconds: float = 30.0  # from one save to the next; also saved when a signal stops the run, and at its end
    jobs: int = 0  # runs at a time in a sweep; 0: one a core


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
    batch: int = 256  # examples of each model an update (C07)
    device_batch: int = 32  # examples a device runs at once: what BatchNorm sees (v2 A.3: 32; C37)
    devices_per_server: int = 8
    sampling: str = "same"  # do the models see one minibatch, draw independently, or from disjoint n-ths of the data
    exchange: Exchange = field(default_factory=Exchange)
    distance: str = "mse"  # D of Algorithm 1 (C15, C17, scale of D)
    optimizer: Optimizer = field(default_factory=Optimizer)
    lr: Schedule = field(default_factory=lambda: Schedule(0.1))
    weight_decay: Schedule = field(default_factory=Schedule)
    alpha: Schedule = field(default_factory=lambda: Schedule(1.0))  # of the penalty (C16)
    smoothing: Schedule = field(default_factory=Schedule)
    threads: int = 1  # of the CPU: sums in another order give other last bits
    scaling: Scaling = field(default_factory=Scaling)
    place: Place = field(default_factory=Place)

    @property
    def updates(self) -> int:
        """Of each model; 225,205 for 90 epochs of ImageNet at batch 512 (paper/open.md)."""
        return int(self.epochs * self.workload.examples / self.batch)

    @property
    def devices(self) -> int:
        """Devices that hold one model, with one device batch each."""
        return self.batch // self.device_batch

    @property
    def servers(self) -> int:
        """Servers that hold one model; its gradients cross the network from two on."""
        return -(-self.devices // self.devices_per_server)

    def epoch(self, k: int) -> float:
        """Passes over the data behind update k."""
        return k * self.batch / self.workload.examples

    def sent_bits(self, updates: int) -> float:
        """What an average device sends in `updates` updates by the formulas of v2 §3, without training."""
        weights = 32 * sum(map(self.workload.parameters, range(self.n))) / self.n
        gradients = 2 * weights if self.servers > 1 else 0
        exchanges = -(-updates // self.exchange.period)
        predictions = 32 * self.workload.classes * self.device_batch
        each = {"predictions": predictions, "checkpoints": weights}.get(self.exchange.kind, 0)
        return updates * gradients + exchanges * (self.n - 1) * each

    def to_dict(self) -> dict:
        return asdict(self)

    def defaults(self) -> dict:
        """What its keys stand for where a config does not name them."""
        return Run(workload=type(self.workload)()).to_dict()


def scaled(run: Run) -> Run:
    """`run`, as its arm gives it in published numbers, at its scale. Raises Refused where a batch does not divide."""
    by = run.scaling
    if run.batch % by.batch:
        raise Refused(
            f"scale {run.scale} divides batches by {by.batch}, and batch={run.batch} does not divide; change it"
        )
    period = (
        max(1, round(run.exchange.period / by.period)) if run.exchange.kind == "checkpoints" else run.exchange.period
    )
    shorter = {name: getattr(run, name).shorter(by.epochs) for name in SCHEDULES}
    shorter["weight_decay"] = shorter["weight_decay"].times(by.weight_decay)
    return replace(
        run,
        batch=run.batch // by.batch,
        epochs=run.epochs / by.epochs,
        exchange=replace(run.exchange, period=period),
        **shorter,
    )


def check(run: Run) -> None:
    """Raises Refused where the parts of a run contradict each other."""
    for name, value, known in (
        ("exchange.kind", run.exchange.kind, EXCHANGES),
        ("exchange.target", run.exchange.target, TARGETS),
        ("distance", run.distance, DISTANCES),
        ("sampling", run.sampling, SAMPLINGS),
    ):
        if value not in known:
            raise Refused(f"{name}={value} is not known; {nearest(value, known)}")
    for name, value in (
        ("n", run.n),
        ("batch", run.batch),
        ("device_batch", run.device_batch),
        ("devices_per_server", run.devices_per_server),
        ("epochs", run.epochs),
        ("threads", run.threads),
        ("exchange.period", run.exchange.period),
    ):
        if not value > 0:
            raise Refused(f"{name} must be above 0, came {value}")
    if run.seed < 0:
        raise Refused(f"seed must be 0 or more, came {run.seed}")
    if not run.place.runs:
        raise Refused("place.runs must name a folder, came nothing; leave it out for runs/")
    if run.batch % run.device_batch:
        below = max(run.batch // run.device_batch, 1) * run.device_batch
        raise Refused(f"batch={run.batch} must be a multiple of device_batch={run.device_batch}; nearest is {below}")
    if run.exchange.kind in ("predictions", "checkpoints") and run.n == 1:
        raise Refused(f"exchange.kind={run.exchange.kind} needs peers, and n=1 has none; set n=2 or exchange.kind=none")
    if run.exchange.kind == "predictions" and run.sampling != "same":
        raise Refused(
            f"exchange.kind=predictions compares answers to one minibatch, came sampling={run.sampling}; "
            "set sampling=same or exchange.kind=checkpoints"
        )
    if run.exchange.kind == "constant" and run.distance in ("mse", "mse_sum"):
        raise Refused(
            f"exchange.kind=constant gives a distribution, not logits, came distance={run.distance}; "
            "set distance=cross_entropy or kl"
        )
    if not 0 <= run.optimizer.momentum < 1:
        raise Refused(f"optimizer.momentum must be at least 0 and below 1, came {run.optimizer.momentum}")
    if run.place.workers < 0 or run.place.jobs < 0 or run.place.save_seconds < 0:
        raise Refused("place.workers, place.jobs and place.save_seconds must be 0 or more")
    for name in SCHEDULES:
        getattr(run, name).check(name, run.epochs)
    if run.smoothing.start >= 1 or any(value >= 1 for value in run.smoothing.values):
        raise Refused("smoothing is a share of the target and must stay below 1")
    run.workload.check(run.n)
    if run.updates < 1:
        raise Refused(
            f"epochs={run.epochs:g} of {run.workload.examples} examples at batch={run.batch} is not one update"
        )
