"""The folder that ImageNet lies in: <root>/{train,val}/<class>/*.JPEG, listed once, checked before each sweep.

1.3 million names take minutes to list on a shared disk, so what was found is kept as <root>/<split>.index, or in the
user's cache where the data may not be written to. It is passed over once any folder has changed since.
"""

import contextlib
import hashlib
import json
import os
import socket
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy

from codist.errors import Refused

SPLITS = ("train", "val")
IMAGES = (".jpeg", ".jpg", ".png")


@dataclass
class Listing:
    """The images of one split, sorted by class and name, so that no order of the file system is seen."""

    folder: Path
    classes: list[str]  # names of the class folders, sorted; a label is a place in this list
    counts: numpy.ndarray  # (classes,) images of each
    names: numpy.ndarray  # (N,) as bytes: 1.3 million Python strings would be copied into every loading process

    @property
    def labels(self) -> numpy.ndarray:
        """(N,)"""
        return numpy.repeat(numpy.arange(len(self.classes)), self.counts)


def check(root: Path, images: int, valid_images: int, classes: int) -> None:
    """Raises Refused where `root` is not laid out as ImageNet is, or holds other numbers of images and classes."""
    train, valid = laid_out(root)
    if len(train.classes) != classes:
        raise Refused(
            f"{train.folder} has {len(train.classes)} classes, wanted workload.classes={classes}; complete it, "
            "or set workload.classes"
        )
    for listing, option, wanted in ((train, "images", images), (valid, "valid_examples", valid_images)):
        if (came := len(listing.names)) != wanted:
            least = listing.counts.argmin()
            raise Refused(
                f"{listing.folder} has {came} images, wanted workload.{option}={wanted} (fewest, "
                f"{listing.counts[least]}: {listing.classes[least]}); complete it, or set workload.{option}"
            )


def laid_out(root: Path) -> tuple[Listing, Listing]:
    """The listings of train and val. Raises Refused where a folder is missing or empty, or their classes differ."""
    layout = f"{root}/train/<class>/*.JPEG and {root}/val/<class>/*.JPEG"
    if not root.is_dir():
        raise Refused(f"ImageNet is not at {root}; put it there as {layout}, or set place.data to the folder above it")
    for split in SPLITS:
        if not (root / split).is_dir():
            raise Refused(f"{root} has no folder {split}; wanted {layout}")
    train, valid = (listing(root, split) for split in SPLITS)
    for one in (train, valid):
        if not len(one.names):
            raise Refused(f"{one.folder} has no images in class folders; wanted {one.folder}/<class>/*.JPEG")
        if not one.counts.all():
            none = one.classes[one.counts.argmin()]
            raise Refused(f"{one.folder}/{none} has no images; complete it, or remove it from train and val")
    if train.classes != valid.classes:
        only = [sorted(set(a.classes) - set(b.classes)) for a, b in ((train, valid), (valid, train))]
        told = [f"{len(s)} only in {split}: {some(s)}" for s, split in zip(only, SPLITS, strict=True) if s]
        raise Refused(f"{root}: train and val must have the same classes, came {'; '.join(told)}")
    return train, valid


def some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (", ..." if len(names) > 3 else "")


def listing(root: Path, split: str) -> Listing:
    """The images of <root>/<split>, from an index that is up to date, else listed now and kept for the next time."""
    for index in indices(root, split):
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):  # not there, or damaged
            return read(index, root / split)
    stamps, names = listed(root / split)
    for index in indices(root, split):
        with contextlib.suppress(OSError, UnicodeError):  # not to be written to: the next place
            write(index, stamps, names)
            break
    return in_memory(root / split, *flat(names))


def indices(root: Path, split: str) -> tuple[Path, Path]:
    """Where an index may be: beside the data, or in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codist"
    name = hashlib.blake2b(str(root.resolve()).encode(), digest_size=8).hexdigest()
    return root / f"{split}.index", cache / f"imagenet-{name}-{split}.index"


def listed(folder: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """When each folder last changed, read before it is listed; and the sorted names of each class's images."""
    stamps = {"": changed(folder)}
    with os.scandir(folder) as entries:
        classes = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    names = {}
    for name in classes:
        stamps[name] = changed(folder / name)
        files = os.listdir(folder / name)
        names[name] = sorted(file for file in files if file.lower().endswith(IMAGES) and not file.startswith("."))
    return stamps, names


def changed(folder: Path) -> int:
    """Nanoseconds; a file that is added, renamed or removed changes its folder."""
    return os.stat(folder).st_mtime_ns


def write(index: Path, stamps: dict[str, int], names: dict[str, list[str]]) -> None:
    """First line: stamps and counts as JSON; then a name a line. Several ranks may write it at once."""
    index.parent.mkdir(parents=True, exist_ok=True)
    counts, names = flat(names)
    head = json.dumps({"changed": stamps, "counts": counts})
    own = index.with_name(f"{index.name}.{socket.gethostname()}.{os.getpid()}")
    try:
        own.write_text("\n".join([head, *names, ""]))
        os.replace(own, index)
    finally:
        own.unlink(missing_ok=True)


def read(index: Path, folder: Path) -> Listing:
    """Raises ValueError where the index is older than a folder, or not whole; OSError where there is none."""
    head, *names, rest = index.read_text().split("\n")
    head = json.loads(head)
    if any(changed(folder / name) != stamp for name, stamp in head["changed"].items()):
        raise ValueError(f"{index} is out of date")
    if rest or not names or len(names) != sum(head["counts"].values()):
        raise ValueError(f"{index} is not whole")
    return in_memory(folder, head["counts"], names)


def flat(names: dict[str, list[str]]) -> tuple[dict[str, int], list[str]]:
    """How many names each class has, and all of them."""
    return {name: len(files) for name, files in names.items()}, list(chain.from_iterable(names.values()))


def in_memory(folder: Path, counts: dict[str, int], names: list[str]) -> Listing:
    as_bytes = numpy.array([os.fsencode(name) for name in names], "S")
    return Listing(folder, list(counts), numpy.array(list(counts.values()), int), as_bytes)
