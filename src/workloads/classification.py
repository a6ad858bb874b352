"""The common part of classification workloads: batches, loss, scores; unaugmented data."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import TensorDataset

from codist.workload import Batch, Draw


class Classification:
    """The part of a Workload (codist.workload) that does not depend on the data.

    train   needs `labels`, (N,); its and `valid`'s __getitems__ return batches or lists of (x, y)
    """

    def __init__(self, options):
        self.options = options

    def collate(self, examples) -> Batch:
        if isinstance(examples, Batch):
            return examples
        x, y = zip(*examples, strict=True)
        return Batch(torch.stack(x), torch.stack(y))

    def cut(self, order: Tensor, device_batch: int) -> list[Tensor]:
        return [part for part in order.split(device_batch) if len(part) == device_batch]

    def loss(self, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
        return F.cross_entropy(logits, y, label_smoothing=smoothing)

    def score(self, logits: Tensor, y: Tensor) -> dict[str, Tensor]:
        return {
            "nll": F.cross_entropy(logits, y, reduction="sum"),
            "top1": (logits.argmax(-1) == y).sum(),
        }

    def frequencies(self) -> Tensor:
        labels = self.train.labels
        return torch.bincount(labels, minlength=self.options.classes) / len(labels)


class Unchanged(TensorDataset):
    """Training data without augmentation: a draw only selects the example."""

    @property
    def labels(self) -> Tensor:
        return self.tensors[1]

    def __getitems__(self, draws: list[Draw]) -> Batch:
        return Batch(*self[[draw.index for draw in draws]])
