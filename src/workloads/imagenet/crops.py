"""Crops of 224x224 pixels: random and keyed for training, centred for validation."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from codist.keys import generator
from codist.workload import Draw

SIDE = 224  # pixels of the network's input
SHORTER = 256  # pixels of a resized validation image's shorter side


class Crop:
    """torchvision's RandomResizedCrop and RandomHorizontalFlip (Goyal §5.1), keyed by `draw`."""

    def __init__(self, draw: Draw):
        drawn = torch.rand(
            23, generator=generator(draw.seed, draw.index), dtype=torch.float64
        ).tolist()
        self.mirrored, self.down, self.across = drawn[0] < 0.5, drawn[1], drawn[2]
        self.tries = list(zip(drawn[3:13], drawn[13:], strict=True))

    def part(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width of the crop: 8 to 100 % of the area, aspect ratio 3/4 to 4/3.

        The first of ten draws that fits is used.
        """
        for share, turn in self.tries:
            area = height * width * (0.08 + 0.92 * share)
            ratio = math.exp((2 * turn - 1) * math.log(4 / 3))
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                return int(self.down * (height - h + 1)), int(self.across * (width - w + 1)), h, w
        # none fits in a very elongated image: use its middle
        w, h = (min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3)))
        return (height - h) // 2, (width - w) // 2, h, w

    def seen(self, part: Tensor) -> Tensor:
        """Resize and flip the crop: (3, h, w) to (1, 3, 224, 224)."""
        x = scaled(part)
        return x.flip(-1) if self.mirrored else x


class Axis(NamedTuple):
    """One axis of an image under torchvision's Resize(256) and CenterCrop(224), in pixels."""

    length: int  # of the original image
    resized: int  # length after Resize, 256 for the shorter axis
    first: int  # the first of the 224 resized pixels that the crop keeps

    def read(self) -> tuple[int, int]:
        """The original pixels that the crop is interpolated from: the first, and their number."""
        scale = self.length / self.resized
        reach = max(scale, 1)  # radius of the interpolation filter
        begin = max(math.floor(scale * (self.first + 0.5) - reach), 0)
        return begin, min(math.ceil(scale * (self.first + SIDE - 0.5) + reach), self.length) - begin

    def shown(self, x: Tensor, dim: int) -> Tensor:
        """Resize the pixels of `read` along `dim` (2: rows, 3: columns) of (1, 3, h, w), then crop.

        They are placed on an axis of the image's full length, whose other pixels do not affect the
        crop. Resized by itself, a part would lose torchvision's subpixel offsets.
        """
        size = list(x.shape[2:])
        size[dim - 2] = self.length
        axis = x.new_empty(1, *size, 3).permute(0, 3, 1, 2)
        axis.narrow(dim, *self.read()).copy_(x)
        size[dim - 2] = self.resized
        return F.interpolate(axis, size, mode="bilinear", antialias=True).narrow(
            dim, self.first, SIDE
        )


def middle(height: int, width: int) -> tuple[Axis, Axis]:
    """Rows and columns under Resize(256) and CenterCrop(224).

    Resize truncates the longer axis; CenterCrop rounds half to even.
    """
    shorter = min(height, width)
    resized = [int(SHORTER * length / shorter) for length in (height, width)]
    rows, columns = (
        Axis(n, m, round((m - SIDE) / 2)) for n, m in zip((height, width), resized, strict=True)
    )
    return rows, columns


class Middle:
    """torchvision's Resize(256) and CenterCrop(224) (Goyal §5.1), on the needed pixels only."""

    def part(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width of the pixels to decode and to pass to `seen`."""
        self.rows, self.columns = middle(height, width)
        (top, h), (left, w) = self.rows.read(), self.columns.read()
        return top, left, h, w

    def seen(self, part: Tensor) -> Tensor:
        """Resize and crop: (3, h, w) to (1, 3, 224, 224).

        Rows are resized first if that reduces their number, as in `scaled`. Otherwise the longer
        axis is, since starting with the shorter one would enlarge a very elongated image.
        """
        if self.rows.length > min(self.rows.resized, self.columns.length):
            return self.columns.shown(self.rows.shown(part[None], 2), 3)
        return self.rows.shown(self.columns.shown(part[None], 3), 2)


def scaled(part: Tensor) -> Tensor:
    """Resize (3, h, w) to (1, 3, 224, 224), bilinear and antialiased.

    Contiguous memory makes this twice as fast, and gives the batch dimension the stride that torch
    recognizes as channels_last. Torch resizes columns, then rows; columns take five times as long,
    so a part with more than 224 rows has them resized first. The orders round differently, by at
    most one level of 256.
    """
    part = part.permute(1, 2, 0).contiguous()[None].permute(0, 3, 1, 2)
    if part.shape[2] > SIDE:
        part = F.interpolate(part, (SIDE, part.shape[3]), mode="bilinear", antialias=True)
    return F.interpolate(part, (SIDE, SIDE), mode="bilinear", antialias=True)


def stacked(images: Iterator[Tensor], count: int) -> Tensor:
    """The batch (count, 3, 224, 224) in channels_last, the layout of decoders and GPUs.

    Images are copied one by one, since collecting them first would double the memory, which the
    system may reclaim and clear again for each batch.
    """
    x = torch.empty((count, 3, SIDE, SIDE), dtype=torch.uint8, memory_format=torch.channels_last)
    for place, image in zip(x, images, strict=True):
        place.copy_(image[0])
    return x
