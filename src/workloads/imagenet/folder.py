"""The ImageNet folder, <root>/{train,val}/<class>/*.JPEG, and its check before each sweep."""

from pathlib import Path

from codist.errors import Refused
from workloads.files import printable
from workloads.imagenet.index import Listing, listing, some

SPLITS = ("train", "val")


def check(root: Path, images: int, valid_images: int, classes: int) -> None:
    """Raises Refused if `root` has another layout, or other numbers of images and classes."""
    train, valid = laid_out(root)
    if len(train.classes) != classes:
        raise Refused(
            f"{train.folder} has {len(train.classes)} classes, expected workload.classes={classes}; complete it, "
            "or set workload.classes"
        )
    for split, option, expected in (
        (train, "images", images),
        (valid, "valid_examples", valid_images),
    ):
        if (got := len(split.names)) != expected:
            least = split.counts.argmin()
            fewest = f"fewest, {split.counts[least]}: {printable(split.classes[least])}"
            raise Refused(
                f"{split.folder} has {got} images, expected workload.{option}={expected} ({fewest}); "
                f"complete it, or set workload.{option}"
            )


def laid_out(root: Path) -> tuple[Listing, Listing]:
    """The listings of train and val.

    Raises Refused if a folder is missing, empty or unreadable, if something named like an image is
    no file, or if the classes differ.
    """
    try:
        train, valid = found(root)
    except OSError as error:
        where = printable(str(error.filename))
        raise Refused(f"{where} cannot be listed: {error.strerror}; make it readable") from None
    for one in (train, valid):
        if not len(one.names):
            raise Refused(
                f"{one.folder} has no images in class folders; expected {one.folder}/<class>/*.JPEG"
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
        differences = [
            f"{len(s)} only in {split}: {some(s)}"
            for s, split in zip(only, SPLITS, strict=True)
            if s
        ]
        raise Refused(
            f"{root}: train and val must have the same classes, got {'; '.join(differences)}"
        )
    return train, valid


def found(root: Path) -> tuple[Listing, Listing]:
    """The listings of train and val, possibly empty.

    Raises Refused if a folder is missing, OSError if one is unreadable.
    """
    layout = f"{root}/train/<class>/*.JPEG and {root}/val/<class>/*.JPEG"
    if not root.is_dir():
        raise Refused(
            f"ImageNet is not at {root}; put it there as {layout}, or set place.data to the folder above it"
        )
    for split in SPLITS:
        if not (root / split).is_dir():
            raise Refused(f"{root} has no folder {split}; expected {layout}")
    train, valid = (listing(root, split) for split in SPLITS)
    return train, valid
