"""What the network sees of an image: a keyed crop of it in training, its middle in validation; 224x224 pixels."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from codist.keys import generator
from codist.workload import Draw

SIDE = 224  # pixels of what the network sees
SHORTER = 256  # pixels of a resized validation image's shorter side


class Crop:
    """torchvision's RandomResizedCrop and RandomHorizontalFlip (Goyal §5.1), drawn from the key of `draw`."""

    def __init__(self, draw: Draw):
        drawn = torch.rand(
            23, generator=generator(draw.seed, draw.index), dtype=torch.float64
        ).tolist()
        self.mirrored, self.down, self.across = drawn[0] < 0.5, drawn[1], drawn[2]
        self.tries = list(zip(drawn[3:13], drawn[13:], strict=True))

    def part(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width: 8 to 100 % of the area, 3/4 to 4/3 as wide as high. Ten are drawn, and the
        first that fits is it."""
        for share, turn in self.tries:
            area = height * width * (0.08 + 0.92 * share)
            ratio = math.exp((2 * turn - 1) * math.log(4 / 3))
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                return int(self.down * (height - h + 1)), int(self.across * (width - w + 1)), h, w
        w, h = (
            min(width, round(height * 4 / 3)),
            min(height, round(width * 4 / 3)),
        )  # a very long image: its middle
        return (height - h) // 2, (width - w) // 2, h, w

    def seen(self, part: Tensor) -> Tensor:
        """(3, h, w) to (1, 3, 224, 224)."""
        x = scaled(part)
        return x.flip(-1) if self.mirrored else x


class Axis(NamedTuple):
    """An axis of an image under torchvision's Resize(256) and CenterCrop(224), all in pixels."""

    length: int  # of the image
    resized: int  # of the resized image, whose shorter axis has 256
    first: int  # of the resized image's pixels: the 224 from this one on are shown

    def read(self) -> tuple[int, int]:
        """First and number of the image's pixels that the shown ones are interpolated from."""
        scale = self.length / self.resized
        reach = max(scale, 1)  # pixels on each side of a centre that have a weight
        begin = max(math.floor(scale * (self.first + 0.5) - reach), 0)
        return begin, min(math.ceil(scale * (self.first + SIDE - 0.5) + reach), self.length) - begin

    def shown(self, x: Tensor, dim: int) -> Tensor:
        """Resize the pixels that `read` names, along `dim` (2: rows, 3: columns) of (1, 3, h, w), and keep those shown.

        They are laid in an axis of the image's length, whose other pixels nothing that is kept is
        made of: resized by itself, a part would lose torchvision's fractions of a pixel.
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
    """Rows and columns under Resize(256), which truncates the longer axis, and CenterCrop(224), which rounds half to
    even."""
    shorter = min(height, width)
    resized = [int(SHORTER * length / shorter) for length in (height, width)]
    rows, columns = (
        Axis(n, m, round((m - SIDE) / 2)) for n, m in zip((height, width), resized, strict=True)
    )
    return rows, columns


class Middle:
    """torchvision's Resize(256) and CenterCrop(224) (Goyal §5.1), of the pixels that are shown alone."""

    def part(self, height: int, width: int) -> tuple[int, int, int, int]:
        """Top, left, height and width of what is read of an image of this size, which `seen` is then given."""
        self.rows, self.columns = middle(height, width)
        (top, h), (left, w) = self.rows.read(), self.columns.read()
        return top, left, h, w

    def seen(self, part: Tensor) -> Tensor:
        """(3, h, w) to (1, 3, 224, 224).

        Rows go first where that makes fewer of them, as in `scaled`; else the longer axis, since
        the shorter one first would make far more pixels of a very long image.
        """
        if self.rows.length > min(self.rows.resized, self.columns.length):
            return self.columns.shown(self.rows.shown(part[None], 2), 3)
        return self.rows.shown(self.columns.shown(part[None], 3), 2)


def scaled(part: Tensor) -> Tensor:
    """(3, h, w) to (1, 3, 224, 224), bilinear and antialiased; from memory without gaps it is twice as fast, and of the
    strides that the batch's dimension may have only one is known to torch as channels_last.

    Torch scales across, then down; across takes five times as long, so a part with more rows than
    are wanted is scaled down first. Each order rounds in between, and they differ by a level of 256
    at most.
    """
    part = part.permute(1, 2, 0).contiguous()[None].permute(0, 3, 1, 2)
    if part.shape[2] > SIDE:
        part = F.interpolate(part, (SIDE, part.shape[3]), mode="bilinear", antialias=True)
    return F.interpolate(part, (SIDE, SIDE), mode="bilinear", antialias=True)


def stacked(images: Iterator[Tensor], count: int) -> Tensor:
    """(count, 3, 224, 224), a pixel's colours side by side as decoders give them and GPUs want them.

    Each image is laid in its place as it comes: kept until the last they are as much memory again,
    which the system may take back after each batch and clear for the next.
    """
    x = torch.empty((count, 3, SIDE, SIDE), dtype=torch.uint8, memory_format=torch.channels_last)
    for place, image in zip(x, images, strict=True):
        place.copy_(image[0])
    return x
