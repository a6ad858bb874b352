"""The interface of a workload: data, networks, loss and scores. It knows nothing of codistillation."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset


class Batch(NamedTuple):
    """One device batch."""

    # the network's input: images (N, 3, H, W); or several tensors, such as source and target tokens
    x: Any
    y: Tensor  # (N,) targets; N may differ from batch to batch
    # the number of examples that replace corrupt ones; None if replacement is off
    replaced: Tensor | None = None

    def to(self, device: str) -> "Batch":
        """The batch on `device`, images in the layout of the networks there (`World.place`)."""
        return Batch(moved(self.x, device), moved(self.y, device), self.replaced)


def moved(x: Any, device: str) -> Any:
    """`x`, a tensor or a tuple, on `device`; images (N, C, H, W) in channels_last, on the CPU contiguous.

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
    """An example to load, and the seed of its augmentation, which any process draws alike."""

    index: int  # type: ignore[assignment]  # shadows tuple.index, which is unused
    seed: int


class Workload(Protocol):
    """Data, networks and scores, described by its options, a torch-free dataclass (codist.options).

    Optional attributes:
    evaluated_at_once  size of a validation batch, if the default has too many logits
    named(loss)        the mean loss, in nats, under other names for the rows: {"valid_perplexity": ...}
    documents          their number, if examples of one document stay together: `cut` then orders
                       documents, and `sampling: disjoint` divides them
    final(network)     a measurement of the trained network for done.json, such as BLEU
    Optional attributes of its options:
    averaged           `final` measures the mean of the weights at this many last epoch ends;
                       without it, the last weights
    packages           packages besides torch whose versions affect results; done.json records them
    targets            targets of an example, rows of logits, at most; 1 without it
    unit               what examples are called, such as windows
    valid_examples     examples of `valid`, or target words; audits of logs use these three
    valid_classes      the same by class, a tuple of `classes` numbers
    final_examples     examples that `final` scores
    shapes(i)          the shapes of model i's parameters, in the order of its network
    statistics(i)      the number of running statistics of BatchNorm in model i; 0 without it
    """

    # that describe it; with other ones, a shallow copy of the workload gives their networks
    options: Any
    train: Dataset  # train[Draw] is one example; __getitems__ may take a list of Draw at once
    valid: Dataset  # valid[index]

    def network(self, i: int) -> nn.Module:
        """Model i, initialized from torch's global generator; forward(x) returns logits (N, C).

        One that carries state from device batch to device batch follows codist.carried.
        """

    def collate(self, examples: list) -> Batch:
        """The examples that train or valid returned for a list of draws, as one device batch."""

    def cut(self, order: Tensor, device_batch: int, devices: int) -> Sequence[Tensor]:
        """Split one epoch's order of indices into device batches; an incomplete last one is dropped.

        `device_batch` counts examples, or the unit of the options' `of_epoch`. `devices` of them make
        an update: if networks carry state, whole updates make an epoch, and a row of the device batch
        goes on in the same row of the same part of the next update. Every order of the same indices
        must give the same number of device batches.
        """

    def loss(self, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
        """L(y, f(x)), the mean over N; `smoothing` is the fraction of the target spread over all classes."""

    def score(self, logits: Tensor, y: Tensor, predicted: Tensor) -> dict[str, Tensor]:
        """Sums over N: {"nll": nats, "top1": hits}, and other scores listed in codist.metrics.

        predicted: the class of the largest logit, (N,)
        """

    def frequencies(self) -> Tensor:
        """The class frequencies in `train`, as probabilities (C,)."""
