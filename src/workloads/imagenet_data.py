"""ImageNet's images: which are trained on, keyed crops, and what is done about one that cannot be read."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.io import ImageReadMode, decode_image

from codist.errors import Damaged
from codist.keys import generator
from codist.workload import Batch, Draw
from workloads.classification import Classification
from workloads.imagenet_folder import Listing, laid_out
from workloads.imagenet_networks import network

SIDE = 224  # pixels of what the network sees
SHORTER = 256  # pixels of a validation image's shorter side, of which the network sees those in the middle


class ImageNetData(Classification):
    """The Workload (codist.workload) of an ImageNet's options."""

    def __init__(self, options, root: Path):
        super().__init__(options)
        train, valid = laid_out(root)
        self.train = Train(train, subset(train, options.fraction, options.subset_seed), options.corrupt == "replace")
        self.valid = Images(valid, torch.arange(len(valid.names)))

    def network(self, i: int) -> nn.Module:
        return network(self.options.shape(i), self.options.classes)


def subset(listing: Listing, fraction: int, seed: int) -> Tensor:
    """Indices, rising, of one image in `fraction`: of each class its share, give or take one image.

    Each class is shuffled and spread evenly over [0, 1] from an offset of its own; what comes first is taken. So the
    subset of a larger fraction is within that of a smaller one, whatever the numbers of images are.
    """
    labels, counts = torch.from_numpy(listing.labels), torch.from_numpy(listing.counts)
    drawn = generator("imagenet", "subset", seed)
    shuffled = torch.randperm(len(labels), generator=drawn)
    by_class = shuffled[labels[shuffled].argsort(stable=True)]
    nth = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels]  # within its class, in shuffled order
    offset = torch.rand(len(counts), generator=drawn, dtype=torch.float64)
    place = (nth + offset[labels]) / counts[labels]
    return by_class[place.argsort(stable=True)[: len(labels) // fraction]].sort().values


class Unreadable(Damaged):
    """An image that cannot be read, in one line, also where a loading process wrapped its trace around it."""

    def __init__(self, said: str):
        super().__init__(said.strip().splitlines()[-1].removeprefix(f"{__name__}.Unreadable: "))


class Images(Dataset):
    """Validation: 224x224 in the middle of an image whose shorter side is 256 (Goyal §5.1)."""

    def __init__(self, listing: Listing, indices: Tensor):
        self.folder, self.classes = listing.folder, listing.classes
        self.labels = torch.from_numpy(listing.labels)[indices]
        self.names = listing.names[indices]

    def __len__(self) -> int:
        return len(self.labels)

    def path(self, index: int) -> str:
        return f"{self.folder}/{self.classes[self.labels[index]]}/{os.fsdecode(self.names[index])}"

    def __getitems__(self, indices: list[int]) -> Batch:
        images = [self.image(index) for index in indices]
        return Batch(stacked(map(centred, images), len(images)), self.labels[indices])

    def image(self, index: int) -> Tensor:
        try:
            return decoded(self.path(index))
        except Unreadable as error:
            raise Unreadable(f"{error}; restore it: what is validated on is never replaced") from None


class Train(Images):
    """A random part of each image, 8 to 100 % of it, scaled to 224x224 and mirrored half the time (Goyal §5.1)."""

    def __init__(self, listing: Listing, indices: Tensor, replace: bool):
        super().__init__(listing, indices)
        self.replace = replace

    def __getitems__(self, draws: list[Draw]) -> Batch:
        images, instead = zip(*(self.readable(draw.index) for draw in draws), strict=True)  # all, then all their crops:
        x = stacked(map(cropped, images, draws), len(images))  # caches like it so
        y = self.labels[[draw.index for draw in draws]]
        return Batch(x, y, torch.tensor(sum(instead)) if self.replace else None)

    def readable(self, index: int) -> tuple[Tensor, bool]:
        """The image, and whether it stands for one that cannot be read: the next of the class that can, from it on."""
        try:
            return decoded(self.path(index)), False
        except Unreadable as error:
            if not self.replace:
                raise Unreadable(f"{error}; restore it, or set workload.corrupt=replace") from None
        of_class = (self.labels == self.labels[index]).nonzero().flatten()
        after = (of_class <= index).sum() % len(of_class)
        for other in of_class.roll(-int(after)).tolist():
            try:
                return decoded(self.path(other)), True
            except Unreadable:
                continue
        raise Unreadable(f"no image of {os.path.dirname(self.path(index))} can be read; restore them")


def decoded(path: str) -> Tensor:
    """The image (3, H, W), uint8, in channels_last. Raises Unreadable for its content, OSError for the disk."""
    with open(path, "rb", buffering=0) as file:  # 7 us less than Path.read_bytes takes
        content = bytearray(file.read())
    if not content:
        raise Unreadable(f"{path} is no readable image: it is empty")
    try:
        image = decode_image(torch.frombuffer(content, dtype=torch.uint8), ImageReadMode.RGB)
        if image.dim() != 3 or image.dtype != torch.uint8:
            raise ValueError(f"not one image of 8 bits a colour, but {image.dtype} {tuple(image.shape)}")
    except (RuntimeError, ValueError) as error:
        said = str(error).splitlines()[0]
        raise Unreadable(f"{path} is no readable image: {said}") from None
    return image


def cropped(image: Tensor, draw: Draw) -> Tensor:
    """(1, 3, 224, 224): torchvision's RandomResizedCrop and RandomHorizontalFlip, drawn from the key of `draw`."""
    top, left, height, width, mirrored = part_of(*image.shape[1:], draw)
    part = scaled(image[None, :, top : top + height, left : left + width])
    return part.flip(-1) if mirrored else part


def part_of(height: int, width: int, draw: Draw) -> tuple[int, int, int, int, bool]:
    """Top, left, height and width of a random part, and whether it is mirrored: 8 to 100 % of the area, 3/4 to 4/3 as
    wide as high. Ten are drawn, and the first that fits is it."""
    drawn = torch.rand(23, generator=generator(draw.seed, draw.index), dtype=torch.float64).tolist()
    mirrored, down, across = drawn[0] < 0.5, drawn[1], drawn[2]
    for share, turn in zip(drawn[3:13], drawn[13:], strict=True):
        area = height * width * (0.08 + 0.92 * share)
        ratio = math.exp((2 * turn - 1) * math.log(4 / 3))
        w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
        if 0 < w <= width and 0 < h <= height:
            return int(down * (height - h + 1)), int(across * (width - w + 1)), h, w, mirrored
    w, h = min(width, round(height * 4 / 3)), min(height, round(width * 4 / 3))  # a very long image: its middle
    return (height - h) // 2, (width - w) // 2, h, w, mirrored


def centred(image: Tensor) -> Tensor:
    """(1, 3, 224, 224): what Resize(256) and CenterCrop(224) show, to a pixel of the image: only the middle
    224/256 of the shorter side is scaled, in half the time."""
    height, width = image.shape[1:]
    side = max(round(min(height, width) * SIDE / SHORTER), 1)
    top, left = (height - side) // 2, (width - side) // 2
    return scaled(image[None, :, top : top + side, left : left + side])


def scaled(part: Tensor) -> Tensor:
    """(1, 3, H, W) to (1, 3, 224, 224), bilinear and antialiased; from memory without gaps it is twice as fast.

    Torch scales across, then down; across takes five times as long, so a part with more rows than are wanted is scaled
    down first. Each order rounds in between, and they differ by a level of 256 at most.
    """
    part = part.contiguous(memory_format=torch.channels_last)
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
