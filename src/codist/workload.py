"""What a new workload must provide, and no more. A workload knows nothing of codistillation."""

from typing import Any, NamedTuple, Protocol

from torch import Tensor, nn
from torch.utils.data import Dataset


class Batch(NamedTuple):
    """One device batch."""

    x: Any  # what the network takes: images (N, 3, H, W); or tokens (B, T)
    y: Tensor  # (N,) targets
    replaced: Tensor | None = None  # how many examples stand for others that cannot be read, where that is allowed


class Draw(NamedTuple):
    """Which example to load, and the seed of all that is drawn for it: its crop is the same wherever it is loaded."""

    index: int
    seed: int


class Workload(Protocol):
    """Data, networks and scores. Made by `open()` of its options, a dataclass that needs no torch (workloads/*.py)."""

    train: Dataset  # train[Draw] is one example; __getitems__ may take a list of Draw at once
    valid: Dataset  # valid[index]

    def network(self, i: int) -> nn.Module:
        """Model i, freshly drawn from torch's generator; forward(x) gives logits (N, C)."""

    def collate(self, examples: list) -> Batch:
        """What train or valid gave for a list of draws, as one device batch."""

    def cut(self, order: Tensor, device_batch: int) -> list[Tensor]:
        """One epoch's order of indices as device batches; a remainder that fills none is left out."""

    def loss(self, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
        """L(y, f(x)), the mean over N; `smoothing` is the share of the target spread over all classes."""

    def score(self, logits: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Sums over N: {"nll": nats, "top1": hits}."""

    def frequencies(self) -> Tensor:
        """(C,) how often each class occurs in `train`, as probabilities."""
