"""Run: every option that determines a result, typed. yaml is parsed into a Run once. Needs no torch.

C01 ... C42 number what the papers leave open or contradict; paper/open.md gives our choice and the
reason for each.
"""

from dataclasses import asdict, dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from codist.exchange import Options, exchange_options
from codist.failures import Failures
from codist.optimizer import Optimizer
from codist.scaling import Scaling
from codist.schedules import Schedule
from codist.start import Start

# Summation order of the gradients of device batches; another order changes the last bits.
SUMS = "tree"


@dataclass
class Place:
    """Where a run executes. It changes no result, so it is not part of a run's identity.

    Relative paths given as overrides are relative to the current folder; these defaults, and those
    in sweeps/, are relative to the checkout.
    """

    device: str = "cpu"
    workers: int = 0  # processes that load data
    data: str = "data"
    runs: str = "runs"  # the folder that holds run folders
    shipped: str | None = "paper/results"  # finished runs here are not run again; null: ignore them
    # the one model that this process trains, if the exchange lets each be trained apart (files);
    # null: a process for each
    group: int | None = None
    # of exchange.kind=files, where models publish checkpoints: a folder, or an address that fsspec
    # reads; "": the folder `published` of the run
    store: str = ""
    # between checkpoints; a run also saves at its end and when a signal stops it
    save_seconds: float = 30.0
    patience: float = 60.0  # seconds without an answer after which a rank counts as lost
    jobs: int = 0  # concurrent runs in a sweep; 0: one per core
    # GB that a device should have; plan lists the launchers with as much. 0: no requirement
    gpu_memory: int = 0
    # bits a second between a group and the store of its exchange, for plan; 0: unknown
    link: float = 0.0
    failures: Failures = field(default_factory=Failures)


@dataclass
class Run:
    """One training of n models."""

    sweep: str = ""
    arm: str = ""
    scale: str = "laptop"
    seed: int = 1
    workload: Any = None  # the options of a package in workloads/
    n: int = 2  # models; n=1 is plain data parallelism, the papers' all_reduce
    epochs: float = 1.0  # passes of each model over the training set (C09)
    # examples per model and update (C07); in translation tokens including padding, of a language
    # model windows
    batch: int = 256
    # the part of `batch` that one device processes at once, at most all of it: what BatchNorm sees
    # (v2 A.3: 32; C37)
    device_batch: int = 32
    devices_per_server: int = 8
    # minibatches of the models: the same, independent, from disjoint n-ths of the data, or split: the
    # n parts of one minibatch of n x batch examples, as n workers of one model read
    sampling: str = "same"
    exchange: Options = field(default_factory=lambda: exchange_options("predictions"))  # (C11)
    distance: str = "mse"  # D of Algorithm 1 (C15, C17, scale of D)
    optimizer: Optimizer = field(default_factory=Optimizer)
    lr: Schedule = field(default_factory=lambda: Schedule(0.1))
    weight_decay: Schedule = field(default_factory=Schedule)
    alpha: Schedule = field(default_factory=lambda: Schedule(1.0))  # of the penalty (C16)
    smoothing: Schedule = field(default_factory=Schedule)
    # of forward and backward passes: fp32, or autocast to bf16 or fp16
    precision: str = "fp32"
    # an arm of the same sweep, or <sweep>/<arm>: all models load `first` from its finished model 0
    begin_from: str = ""
    # epochs between measurements, fractions allowed; each is a row of the log, as is the end
    measured_every: int | float = 1
    # size of the groups of consecutive models whose mean prediction is measured too, with the churn
    # between groups, in each row; 0: neither
    together: int = 0
    threads: int = 1  # CPU threads; the number changes the order of sums, hence the last bits
    scaling: Scaling = field(default_factory=Scaling)
    place: Place = field(default_factory=Place)

    @property
    def examples(self) -> int:
        """Examples of an epoch, in the unit of `batch`.

        A workload that fills device batches by tokens counts each as full. An epoch of updates is
        then one pass over the data, to within an update.
        """
        of_epoch = getattr(self.workload, "of_epoch", None)
        return of_epoch(self.device_batch) if of_epoch else self.workload.examples

    @property
    def minibatch(self) -> int:
        """Examples by which an update advances the epoch: those of a model, or of all that split them."""
        return self.batch * (self.n if self.sampling == "split" else 1)

    @property
    def updates(self) -> int:
        """Updates of each model; 225,205 for 90 epochs of ImageNet at batch 512 (paper/open.md)."""
        return int(self.epochs * self.examples / self.minibatch)

    @property
    def models(self) -> range:
        """The models that this process trains, together with the other ranks of its job."""
        group = self.place.group
        return range(self.n) if group is None else range(group, group + 1)

    @property
    def burn_in(self) -> int:
        """Updates before the first at which alpha is not 0; all updates if there is none (Anil et al. §2)."""
        heard = (k for k in range(self.updates) if self.alpha(self.epoch(k), self.epochs))
        return next(heard, self.updates)

    @property
    def devices(self) -> int:
        """Devices that hold one model, with one device batch each."""
        return self.batch // self.device_batch

    @property
    def servers(self) -> int:
        """Servers that hold one model; with two or more, its gradients cross the network."""
        return -(-self.devices // self.devices_per_server)

    @property
    def ends(self) -> list[int]:
        """The number of updates done at each measured end of an epoch, and at the end of the run."""
        # exact: a float's last bit could put an end beyond the run's
        updates = Fraction(str(self.measured_every)) * self.examples / self.minibatch
        ends = {ceil(nth * updates) for nth in range(1, int(self.updates / updates) + 1)}
        return sorted(ends | {self.updates})

    @property
    def starts(self) -> list[Start]:
        """The other arms whose finished runs this run needs."""
        begin = [Start("begin_from", self.begin_from, "begun_from")] if self.begin_from else []
        return begin + self.exchange.starts()

    def epoch(self, k: int) -> float:
        """Passes over the data before update k."""
        return k * self.minibatch / self.examples

    @property
    def gradient_bits(self) -> float:
        """Bits that a device sends per update for the gradients of its model; 0 within a server (v2 §3)."""
        weights = sum(map(self.workload.parameters, range(self.n))) / self.n
        return 2 * 32 * weights if self.servers > 1 else 0

    def sent_bits(self, updates: int) -> float:
        """Bits that an average device sends in `updates` updates, by the formulas of v2 §3."""
        return updates * self.gradient_bits + self.exchange.sent_bits(self, updates)

    def to_dict(self) -> dict:
        return asdict(self)

    def defaults(self) -> dict:
        """The values of keys that a config omits."""
        return Run(workload=type(self.workload)(), exchange=type(self.exchange)()).to_dict()
