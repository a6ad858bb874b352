"""What the network sees of an image: a keyed crop of it in training, its middle in validation; 224x224 pixels."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from codist.keys import generator
from codist.workload import Draw

SIDE = 224  # pixels of what the network sees
SHORTER = 256  # pixels of a validation image's shorter side, of which the network sees those in the middle


class Crop:
    """torchvision's RandomResizedCrop and RandomHorizontalFlip (Goyal §5.1), drawn from the key of `draw`."""

    def __init__(self, draw: Draw):
        drawn = torch.rand(23, generator=generator(draw.seed, draw.index), dtype=torch.float64).tolist()
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
        w, h = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))  # a very long image: its middle
        return (height - h) // 2, (width - w) // 2, h, w

    def seen(self, part: Tensor) -> Tensor:
        """(3, h, w) to (1, 3, 224, 224)."""
        x = scaled(part)
        return x.flip(-1) if self.mirrored else x


def middle(height: int, width: int) -> tuple[int, int, int, int]:
    """Top, left, height and width of what Resize(256) and CenterCrop(224) show (Goyal §5.1), to a pixel of the image:
    only the middle 224/256 of the shorter side is scaled, in half the time."""
    side = max(round(min(height, width) * SIDE / SHORTER), 1)
    return (height - side) // 2, (width - side) // 2, side, side


def scaled(part: Tensor) -> Tensor:
    """(3, h, w) to (1, 3, 224, 224), bilinear and antialiased; from memory without gaps it is twice as fast, and of the
    strides that the batch's dimension may have only one is known to torch as channels_last.

    Torch scales across, then down; across takes five times as long, so a part with more rows than are wanted is scaled
    down first. Each order rounds in between, and they differ by a level of 256 at most.
    """
    part = part.permute(1, 2, 0).contiguous()[None].permute(0, 3, 1, 2)
    if part.shape[2] > SIDE:
        part = F.interpolate(part, (SIDE, part.shape[3]), mode="bilinear", antialias=True)
    return F.interpolate(part, (SIDE, SIDE), mode="bilinear", antialias=True)


def stacked(images: Iterator[Tensor], count: int) -> Tensor:
    """(count, 3, 224, 224), a pixel's colours side by side as decoders give them and GPUs want them.

    Each image is laid in its place as it comes: kept until the last they are as much memory again, which the system
    may take back after each batch and clear for the next.
    """
    x = torch.empty((count, 3, SIDE, SIDE), dtype=torch.uint8, memory_format=torch.channels_last)
    for place, image in zip(x, images, strict=True):
        place.copy_(image[0])
    return x
