"""The images of handwritten digits: split, noise, keyed shifts and rotations."""

import gzip
import importlib.util
import math
from functools import cache, lru_cache
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from codist.keys import generator
from codist.workload import Batch, Draw
from workloads.classification import Classification
from workloads.digits.options import IMAGES
from workloads.images.resnet import SmallResNet, in_two
from workloads.images.view import View


def open(options, data: str) -> Classification:
    """Open the digits; `data` is unused, since the images ship with scikit-learn."""
    return DigitsData(options)


class DigitsData(Classification):
    """The Workload (codist.workload) of a Digits' options."""

    def __init__(self, options):
        super().__init__(options)
        images, labels = digits()
        shuffled = torch.randperm(len(labels), generator=generator("digits", "split"))
        images, labels = images[shuffled], labels[shuffled]
        own = images[:IMAGES]
        images = (images - own.mean()) / own.std()
        noise = options.noise * torch.randn(images.shape, generator=generator("digits", "noise"))
        some = evenly(labels[:IMAGES])[: options.examples].sort().values
        self.train = Images(images[some], noise[some], labels[some], options.shift, options.turn)
        self.valid = TensorDataset(images[IMAGES:] + noise[IMAGES:], labels[IMAGES:])
        if options.redraws:
            self.final_set = redrawn(images[IMAGES:], labels[IMAGES:], options)

    def network(self, i: int) -> nn.Module:
        options = self.options
        blocks, width, first_width = options.shape(i)
        if not options.viewed:
            return SmallResNet(width, blocks, channels=1, classes=options.classes)
        seen = first_width // options.splits
        first, later = in_two(first_width, seen, width, blocks, channels=1, classes=options.classes)
        return View(first, later, options.seen(i, first_width), options.freeze)


@cache
def digits() -> tuple[Tensor, Tensor]:
    """Images (1797, 1, 8, 8), 0 to 16, and labels (1797,), as sklearn.datasets.load_digits gives them.

    They are read from scikit-learn's file in 0.1 s; importing scikit-learn takes five.
    """
    home = importlib.util.find_spec("sklearn").submodule_search_locations[0]
    with gzip.open(Path(home) / "datasets" / "data" / "digits.csv.gz", "rt") as file:
        table = torch.tensor([[float(cell) for cell in line.split(",")] for line in file])
    return table[:, :-1].reshape(-1, 1, 8, 8), table[:, -1].long()


def redrawn(images: Tensor, labels: Tensor, options) -> TensorDataset:
    """The images (N, 1, 8, 8) `redraws` times, each time with other noise: (redraws x N) of them."""
    noise = [
        torch.randn(images.shape, generator=generator("digits", "redraw", redraw))
        for redraw in range(options.redraws)
    ]
    return TensorDataset(
        torch.cat([images + options.noise * one for one in noise]), labels.repeat(options.redraws)
    )


def evenly(labels: Tensor) -> Tensor:
    """All indices of `labels` (N,), ordered so that every prefix has the class proportions of the whole."""
    place = torch.empty(len(labels), dtype=torch.float64)
    for label in labels.unique():
        its = (labels == label).nonzero()[:, 0]
        place[its] = (torch.arange(len(its)) + 0.5).double() / len(its)
    return place.sort(stable=True).indices


class Images(Dataset):
    """Images that are shifted and rotated anew in each epoch, plus noise fixed per image."""

    def __init__(self, images: Tensor, noise: Tensor, labels: Tensor, shift: float, turn: float):
        self.images, self.noise, self.labels = images, noise, labels
        self.shift, self.turn = shift, turn
        self.moves = lru_cache(maxsize=16)(self._moves)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, draws: list[Draw]) -> Batch:
        """A batch at once: 100 us in all, instead of 100 us per image."""
        index = torch.tensor([draw.index for draw in draws])
        # a device batch belongs to one epoch and one stream, so its draws share a seed
        moves = self.moves(draws[0].seed)[index]
        grid = F.affine_grid(moves, [len(index), *self.images.shape[1:]], align_corners=False)
        moved = F.grid_sample(self.images[index], grid, padding_mode="border", align_corners=False)
        return Batch(moved + self.noise[index], self.labels[index])

    def _moves(self, seed: int) -> Tensor:
        """The matrices of shift and rotation under `seed`: (examples, 2, 3)."""
        drawn = 2 * torch.rand(len(self), 3, generator=torch.Generator().manual_seed(seed)) - 1
        angle = drawn[:, 0] * math.radians(self.turn)
        by = drawn[:, 1:] * self.shift * 2 / self.images.shape[-1]  # affine_grid's image is 2 wide
        cos, sin = angle.cos(), angle.sin()
        return torch.stack(
            [torch.stack([cos, -sin, by[:, 0]], 1), torch.stack([sin, cos, by[:, 1]], 1)], 1
        )
