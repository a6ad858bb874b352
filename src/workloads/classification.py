"""The common part of classification workloads: batches, loss, scores; unaugmented data."""

from collections import Counter

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from codist.metrics import mean_of
from codist.workload import Batch, Draw

FINAL_AT_ONCE = 512  # images of `final_set` per batch


class Classification:
    """The part of a Workload (codist.workload) that does not depend on the data.

    train      needs `labels`, (N,); its and `valid`'s __getitems__ return batches or lists of (x, y)
    final_set  a larger validation set, scored once at the end of a run; None: there is none
    """

    final_set: TensorDataset | None = None

    def __init__(self, options):
        self.options = options

    @torch.no_grad()
    def final(self, network: nn.Module) -> dict[str, float | int]:
        """valid_loss (nats) and valid_top1 (%) on `final_set`, and its number of images."""
        if self.final_set is None:
            return {}
        device, totals = str(next(network.parameters()).device), Counter()
        network.eval()
        x, y = self.final_set.tensors
        for batch in map(Batch, x.split(FINAL_AT_ONCE), y.split(FINAL_AT_ONCE)):
            on_device = batch.to(device)
            logits = network(on_device.x)
            scores = self.score(logits, on_device.y, logits.argmax(-1))
            totals.update({score: float(total) for score, total in scores.items()})
        network.train()
        return {"images": len(y), **dict(mean_of(*total, len(y)) for total in totals.items())}

    def collate(self, examples) -> Batch:
        if isinstance(examples, Batch):
            return examples
        x, y = zip(*examples, strict=True)
        return Batch(torch.stack(x), torch.stack(y))

    def cut(self, order: Tensor, device_batch: int, devices: int = 1) -> list[Tensor]:
        return [part for part in order.split(device_batch) if len(part) == device_batch]

    def loss(self, logits: Tensor, y: Tensor, smoothing: float) -> Tensor:
        return F.cross_entropy(logits, y, label_smoothing=smoothing)

    def score(self, logits: Tensor, y: Tensor, predicted: Tensor) -> dict[str, Tensor]:
        return {"nll": F.cross_entropy(logits, y, reduction="sum"), "top1": (predicted == y).sum()}

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
