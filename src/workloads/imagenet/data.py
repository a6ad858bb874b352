"""ImageNet's images: the training subset, and replacement of corrupt images."""

import os
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from torchvision.io import ImageReadMode, decode_image

from codist.keys import generator
from codist.workload import Batch, Draw
from workloads.classification import Classification
from workloads.files import printable
from workloads.imagenet.crops import Crop, Middle, stacked
from workloads.imagenet.files import Unreadable, content
from workloads.imagenet.folder import Listing, laid_out
from workloads.imagenet.networks import network
from workloads.images import jpeg


def open(options, data: str) -> Classification:
    """Open <data>/imagenet/{train,val}/<class>/*.JPEG."""
    return ImageNetData(options, Path(data) / "imagenet")


class ImageNetData(Classification):
    """The Workload (codist.workload) of an ImageNet's options."""

    def __init__(self, options, root: Path):
        super().__init__(options)
        train, valid = laid_out(root)
        self.train = Train(
            train,
            subset(train, options.fraction, options.subset_seed),
            options.corrupt == "replace",
        )
        self.valid = Images(valid, torch.arange(len(valid.names)))

    def network(self, i: int) -> nn.Module:
        return network(self.options.shape(i), self.options.classes)


def subset(listing: Listing, fraction: int, seed: int) -> Tensor:
    """Sorted indices of one image in `fraction`, in proportion to the classes, to within one image.

    The images of each class are shuffled and spaced evenly over [0, 1], from a random offset; the
    smallest values are taken. So the subset of a larger fraction is contained in that of a smaller
    one, for any class sizes.
    """
    labels, counts = torch.from_numpy(listing.labels), torch.from_numpy(listing.counts)
    drawn = generator("imagenet", "subset", seed)
    shuffled = torch.randperm(len(labels), generator=drawn)
    by_class = shuffled[labels[shuffled].argsort(stable=True)]
    # index within the class, in shuffled order
    nth = torch.arange(len(labels)) - (counts.cumsum(0) - counts)[labels]
    offset = torch.rand(len(counts), generator=drawn, dtype=torch.float64)
    place = (nth + offset[labels]) / counts[labels]
    return by_class[place.argsort(stable=True)[: len(labels) // fraction]].sort().values


class Images(Dataset):
    """Validation images: resized to a shorter side of 256, centre crop of 224x224 (Goyal §5.1)."""

    def __init__(self, listing: Listing, indices: Tensor):
        self.folder, self.classes = listing.folder, listing.classes
        self.labels = torch.from_numpy(listing.labels)[indices]
        self.names = listing.names[indices]

    def __len__(self) -> int:
        return len(self.labels)

    def path(self, index: int) -> str:
        return f"{self.folder}/{self.classes[self.labels[index]]}/{os.fsdecode(self.names[index])}"

    def __getitems__(self, indices: list[int]) -> Batch:
        views = [Middle() for _ in indices]
        parts = list(map(self.part, indices, views))
        seen = (view.seen(part) for view, part in zip(views, parts, strict=True))
        return Batch(stacked(seen, len(parts)), self.labels[indices])

    def part(self, index: int, view: Middle) -> Tensor:
        try:
            return decoded(self.path(index), view.part)
        except Unreadable as error:
            raise Unreadable(
                f"{error}; restore it: what is validated on is never replaced"
            ) from None


class Train(Images):
    """Training images: random crops of 8 to 100 %, resized to 224x224, flipped half the time (Goyal §5.1)."""

    def __init__(self, listing: Listing, indices: Tensor, replace: bool):
        super().__init__(listing, indices)
        self.replace = replace

    def __getitems__(self, draws: list[Draw]) -> Batch:
        crops = list(map(Crop, draws))
        # decode all, then resize all: better for the caches
        parts, replaced = zip(*map(self.readable, draws, crops), strict=True)
        x = stacked((crop.seen(part) for crop, part in zip(crops, parts, strict=True)), len(parts))
        y = self.labels[[draw.index for draw in draws]]
        return Batch(x, y, torch.tensor(sum(replaced)) if self.replace else None)

    def readable(self, draw: Draw, crop: Crop) -> tuple[Tensor, bool]:
        """The decoded part, and True if it is of a replacement: the next readable image of the class."""
        try:
            return decoded(self.path(draw.index), crop.part), False
        except Unreadable as error:
            if not self.replace:
                raise Unreadable(f"{error}; restore it, or set workload.corrupt=replace") from None
        of_class = (self.labels == self.labels[draw.index]).nonzero().flatten()
        after = (of_class <= draw.index).sum() % len(of_class)
        for other in of_class.roll(-int(after)).tolist():
            try:
                return decoded(self.path(other), crop.part), True
            except Unreadable:
                continue
        raise Unreadable(
            f"no image of {printable(os.path.dirname(self.path(draw.index)))} can be read; restore them"
        )


def decoded(path: str, where: jpeg.Where | None = None) -> Tensor:
    """The part `where` of an image, or the whole image: (3, h, w), uint8, in channels_last.

    Raises Unreadable for a corrupt image. Corruption below the part is not detected unless the file
    is truncated.
    """
    read = content(path)
    if where and (part := jpeg.part(read, where)) is not None:
        return part
    try:
        image = decode_image(
            torch.frombuffer(bytearray(read), dtype=torch.uint8), ImageReadMode.RGB
        )
        if image.dim() != 3 or image.dtype != torch.uint8:
            raise ValueError(
                f"expected one image of 8 bits per colour, got {image.dtype} {tuple(image.shape)}"
            )
    except (RuntimeError, ValueError) as error:
        why = str(error).splitlines()[0]
        raise Unreadable(f"{printable(path)} is no readable image: {why}") from None
    if where is None:
        return image
    top, left, height, width = where(*image.shape[1:])
    return image[:, top : top + height, left : left + width]
