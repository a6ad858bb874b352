"""The images of small glyphs: renderings chosen anew in each epoch, with fixed and fresh noise."""

from functools import lru_cache
from math import hypot

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset, TensorDataset

from codist.keys import generator
from codist.workload import Batch, Draw
from workloads.classification import Classification
from workloads.images.faces import TRAIN, VALID
from workloads.images.members import members
from workloads.images.residual_mlp import ResidualMLP
from workloads.images.resnet import SmallResNet
from workloads.small_glyphs import SIDE
from workloads.small_glyphs.options import NETWORKS
from workloads.small_glyphs.variants import rendered


def open(options, data: str) -> Classification:
    """Open the small glyphs; renderings are cached in `data`."""
    return SmallGlyphsData(options, data)


class SmallGlyphsData(Classification):
    """The Workload (codist.workload) of SmallGlyphs' options."""

    def __init__(self, options, data: str):
        super().__init__(options)
        trained = torch.from_numpy(rendered(data, options, TRAIN, options.variants).copy())
        held_out = torch.from_numpy(rendered(data, options, VALID, options.final_copies).copy())
        ink = trained.double()  # double: the sum of a million bytes
        norm = float(ink.mean()), float(ink.std())
        self.train = Images(standardized(trained, norm), options)
        x, y = unseen(standardized(held_out, norm), hypot(options.fixed_noise, options.fresh_noise))
        self.final_set = TensorDataset(x, y)
        curve = len(y) // options.final_copies * options.curve_copies
        self.valid = TensorDataset(x[:curve], y[:curve])

    def network(self, i: int) -> nn.Module:
        blocks, width, convolutions = NETWORKS[self.options.network(i)]
        if convolutions:
            return SmallResNet(width, blocks, channels=1, classes=self.options.classes)
        return ResidualMLP(SIDE * SIDE, width, blocks, self.options.classes)


def standardized(ink: Tensor, norm: tuple[float, float]) -> Tensor:
    return (ink.float() - norm[0]) / norm[1]


def unseen(drawings: Tensor, noise: float) -> tuple[Tensor, Tensor]:
    """Validation images (N, 1, 8, 8) and labels (N,), drawn once.

    drawings: (classes, faces, copies, 8, 8). A prefix of N / copies images has each drawing once.
    """
    classes, faces, copies = drawings.shape[:3]
    ordered = drawings.permute(2, 1, 0, 3, 4).reshape(-1, 1, SIDE, SIDE)
    labels = torch.arange(classes).repeat(copies * faces)
    drawn = torch.randn(ordered.shape, generator=generator("small_glyphs", "valid"))
    return ordered + noise * drawn, labels


class Images(Dataset):
    """Examples (N, 1, 8, 8): a rendering and fresh noise per epoch, plus noise fixed per example."""

    def __init__(self, drawings: Tensor, options):
        classes, faces, variants = drawings.shape[:3]
        of = members(classes, faces, options.copies)
        everyone = len(of)
        label, face = of[: options.examples].unbind(1)
        self.labels, self.options, self.variants = label, options, variants
        # the first rendering of each example's drawing; the others follow it
        self.first = (label * faces + face) * variants
        self.drawings = drawings.reshape(-1, 1, SIDE, SIDE)
        noise = torch.randn(everyone, 1, SIDE, SIDE, generator=generator("small_glyphs", "noise"))
        self.noise = options.fixed_noise * noise[: options.examples]
        self.epoch = lru_cache(maxsize=16)(self._epoch)

    def __len__(self) -> int:
        return len(self.labels)

    def __getitems__(self, draws: list[Draw]) -> Batch:
        """A batch at once."""
        index = torch.tensor([draw.index for draw in draws])
        # a device batch belongs to one epoch and one stream, so its draws share a seed
        which, fresh = self.epoch(draws[0].seed)
        images = self.drawings[which[index]] + self.noise[index] + fresh[index]
        return Batch(images, self.labels[index])

    def _epoch(self, seed: int) -> tuple[Tensor, Tensor]:
        """Rendering (N,) and fresh noise (N, 1, 8, 8) of every example under `seed`."""
        draw = torch.Generator().manual_seed(seed)
        which = self.first + torch.randint(self.variants, (len(self),), generator=draw)
        return which, self.options.fresh_noise * torch.randn(self.noise.shape, generator=draw)
