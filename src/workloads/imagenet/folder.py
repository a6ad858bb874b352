"""The folder that ImageNet lies in: <root>/{train,val}/<class>/*.JPEG, checked before each sweep."""

from pathlib import Path

from codist.errors import Refused
from workloads.files import printable
from workloads.imagenet.index import Listing, listing, some

SPLITS = ("train", "val")


def check(root: Path, images: int, valid_images: int, classes: int) -> None:
    """Raises Refused where `root` is not laid out as ImageNet is, or holds other numbers of images and classes."""
    train, valid = laid_out(root)
    if len(train.classes) != classes:
        raise Refused(
            f"{train.folder} has {len(train.classes)} classes, wanted workload.classes={classes}; complete it, "
            "or set workload.classes"
        )
    for split, option, wanted in (
        (train, "images", images),
        (valid, "valid_examples", valid_images),
    ):
        if (came := len(split.names)) != wanted:
            least = split.counts.argmin()
            fewest = f"fewest, {split.counts[least]}: {printable(split.classes[least])}"
            raise Refused(
                f"{split.folder} has {came} images, wanted workload.{option}={wanted} ({fewest}); "
                f"complete it, or set workload.{option}"
            )


def laid_out(root: Path) -> tuple[Listing, Listing]:
    """The listings of train and val. Raises Refused where a folder is missing, empty or not readable, where what is
    named as an image is no file, or where their classes differ."""
    try:
        train, valid = found(root)
    except OSError as error:
        where = printable(str(error.filename))
        raise Refused(f"{where} cannot be listed: {error.strerror}; make it readable") from None
    for one in (train, valid):
        if not len(one.names):
            raise Refused(
                f"{one.folder} has no images in class folders; wanted {one.folder}/<class>/*.JPEG"
            )
        if not one.counts.all():
            none = printable(one.classes[one.counts.argmin()])
            raise Refused(
                f"{one.folder}/{none} has no images; complete it, or remove it from train and val"
            )
    if train.classes != valid.classes:
        only = [
            sorted(set(a.classes) - set(b.classes)) for a, b in ((train, valid), (valid, train))
        ]
        told = [
            f"{len(s)} only in {split}: {some(s)}"
            for s, split in zip(only, SPLITS, strict=True)
            if s
        ]
        raise Refused(f"{root}: train and val must have the same classes, got {'; '.join(told)}")
    return train, valid


def found(root: Path) -> tuple[Listing, Listing]:
    """The listings of train and val, which may be empty. Raises Refused, or OSError where a folder is not readable."""
    layout = f"{root}/train/<class>/*.JPEG and {root}/val/<class>/*.JPEG"
    if not root.is_dir():
        raise Refused(
            f"ImageNet is not at {root}; put it there as {layout}, or set place.data to the folder above it"
        )
    for split in SPLITS:
        if not (root / split).is_dir():
            raise Refused(f"{root} has no folder {split}; wanted {layout}")
    train, valid = (listing(root, split) for split in SPLITS)
    return train, valid
