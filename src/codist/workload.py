"""What a new workload must provide, and no more. A workload knows nothing of codistillation."""

from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


class Batch(NamedTuple):
    """One device batch."""

    # what the network takes: images (N, 3, H, W); or several tensors, as of source and target
    # sentences
    x: Any
    y: Tensor  # (N,) targets; N may differ from batch to batch
    replaced: Tensor | None = (
        None  # how many examples stand for others that cannot be read, where that is allowed
    )

    def to(self, device: str) -> "Batch":
        """The batch on `device`, images in the layout that networks have there (`OneProcess.place`)."""
        return Batch(moved(self.x, device), moved(self.y, device), self.replaced)


def moved(x: Any, device: str) -> Any:
    """A tensor, or each of a tuple, on `device`; images (N, C, H, W) in channels_last, but on the CPU contiguous.

    On the CPU channels_last is not safe: without AVX-512, oneDNN 3.7.1 (torch 2.10) writes past its
    memory in the weights' gradient of a strided 1x1 convolution of fewer than 8 channels
    (uxlfoundation/oneDNN#6035).
    """
    if isinstance(x, tuple):
        return tuple(moved(one, device) for one in x)
    layout = torch.preserve_format
    if x.dim() == 4:
        layout = torch.contiguous_format if device == "cpu" else torch.channels_last
    return x.to(device, non_blocking=True, memory_format=layout)


class Draw(NamedTuple):
    """Which example to load, and the seed of all that is drawn for it: its crop is the same wherever it is loaded."""

    index: int  # type: ignore[assignment]  # a tuple has a method of that name, which a Draw never needs
    seed: int


class Workload(Protocol):
    """Data, networks and scores, as its options (codist.options) describe them, a dataclass that needs no torch.

    It may also have
    evaluated_at_once  how many of `valid` are one batch, where the usual number has too many logits
    named(loss)        the mean loss in nats under other names, for the rows: {"valid_perplexity":
                       ...}
    final(network)     what is measured once, of the trained network, for done.json: BLEU
    and its options
    averaged           `final` is of the mean of the weights at the ends of so many last epochs;
                       without it, of the last
    packages           names of packages that decide its numbers, beside torch: their versions go to
                       done.json
    """

    train: Dataset  # train[Draw] is one example; __getitems__ may take a list of Draw at once
    valid: Dataset  # valid[index]

    def network(self, i: int) -> nn.Module:
        """Model i, freshly drawn from torch's generator; forward(x) gives logits (N, C)."""

    def collate(self, examples: list) -> Batch:
        """What train or valid gave for a list of draws, as one device batch."""

    def cut(self, order: Tensor, device_batch: int) -> list[Tensor]:
        """One epoch's order of indices as device batches; a remainder that fills none is left out.

        `device_batch` is in examples, or in the unit that the workload's options count an epoch in
        (`of_epoch`). Every order of the same indices gives as many device batches.
        """

    def loss(self, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
        """L(y, f(x)), the mean over N; `smoothing` is the share of the target spread over all classes."""

    def score(self, logits: Tensor, y: Tensor) -> dict[str, Tensor]:
        """Sums over N: {"nll": nats, "top1": hits}, and others that codist.metrics has a line for."""

    def frequencies(self) -> Tensor:
        """(C,) how often each class occurs in `train`, as probabilities."""
