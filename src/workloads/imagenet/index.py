"""The names of ImageNet's images: each split is listed once, and kept as an index until a folder changes.

1.3 million names take minutes to list on a shared disk, so what was found is kept as
<root>/<split>.index, or in the user's cache where the data may not be written to.
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
from workloads.files import irregular, printable

IMAGES = (".jpeg", ".jpg", ".png")


@dataclass
class Listing:
    """The images of one split, sorted by class and name, so that no order of the file system is seen."""

    folder: Path
    classes: list[str]  # names of the class folders, sorted; a label is a place in this list
    counts: numpy.ndarray  # (classes,) images of each
    names: (
        numpy.ndarray
    )  # (N,) as bytes: 1.3 million Python strings would be copied into every loading process

    @property
    def labels(self) -> numpy.ndarray:
        """(N,)"""
        return numpy.repeat(numpy.arange(len(self.classes)), self.counts)


def some(names: list[str]) -> str:
    """The first three, in one line."""
    return ", ".join(map(printable, names[:3])) + (", ..." if len(names) > 3 else "")


def listing(root: Path, split: str) -> Listing:
    """The images of <root>/<split>, from an index that is up to date, else listed now and kept for the next time.

    Raises Refused where what is named as an image is no regular file, OSError where a folder cannot
    be listed.
    """
    for index in indices(root, split):
        with contextlib.suppress(
            OSError, ValueError, KeyError, TypeError, AttributeError
        ):  # not there, or damaged
            return read(index, root / split)
    stamps, names = listed(root / split)
    for index in indices(root, split):
        with contextlib.suppress(OSError):  # not to be written to: the next place
            write(index, stamps, names)
            break
    return in_memory(root / split, *flat(names))


def indices(root: Path, split: str) -> tuple[Path, Path]:
    """Where an index may be: beside the data, or in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codist"
    name = hashlib.blake2b(os.fsencode(root.resolve()), digest_size=8).hexdigest()
    return root / f"{split}.index", cache / f"imagenet-{name}-{split}.index"


def listed(folder: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """When each folder last changed, read before it is listed; and the sorted names of each class's images.

    Raises Refused where what is named as an image is no regular file, OSError where a folder cannot
    be listed.
    """
    stamps = {"": changed(folder)}
    with os.scandir(folder) as entries:
        classes = sorted(
            entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")
        )
    names, wrong = {}, []
    for name in classes:
        stamps[name] = changed(folder / name)
        with os.scandir(folder / name) as entries:
            images = [
                file
                for file in entries
                if file.name.lower().endswith(IMAGES) and not file.name.startswith(".")
            ]
        names[name] = sorted(file.name for file in images)
        # most file systems give the kind with the name: only links, and what is wrong, cost a look
        # at the file
        others = [file.path for file in images if not file.is_file(follow_symlinks=False)]
        wrong += [f"{path} ({what})" for path in others if (what := irregular(path))]
    if wrong:
        raise Refused(
            f"{folder}: expected image files, got {len(wrong)} that are none, {some(wrong)}; restore or "
            "remove them"
        )
    return stamps, names


def changed(folder: Path) -> int:
    """Nanoseconds; a file that is added, renamed or removed changes its folder."""
    return os.stat(folder).st_mtime_ns


def write(index: Path, stamps: dict[str, int], names: dict[str, list[str]]) -> None:
    """Stamps and counts as JSON, then the names, each ended by a NUL: the one byte that no file name has. Names need
    not be UTF-8. Several ranks may write it at once."""
    index.parent.mkdir(parents=True, exist_ok=True)
    counts, names = flat(names)
    head = json.dumps({"changed": stamps, "counts": counts})
    own = index.with_name(f"{index.name}.{socket.gethostname()}.{os.getpid()}")
    try:
        own.write_bytes(os.fsencode("\0".join([head, *names, ""])))
        os.replace(own, index)
    finally:
        own.unlink(missing_ok=True)


def read(index: Path, folder: Path) -> Listing:
    """Raises ValueError where the index is older than a folder, or not whole; OSError where there is none."""
    head, *names, rest = os.fsdecode(index.read_bytes()).split("\0")
    head = json.loads(head)
    if any(changed(folder / name) != stamp for name, stamp in head["changed"].items()):
        raise ValueError(f"{index} is out of date")
    if rest or not names or len(names) != sum(head["counts"].values()):
        raise ValueError(f"{index} is not whole")
    return in_memory(folder, head["counts"], names)


def flat(names: dict[str, list[str]]) -> tuple[dict[str, int], list[str]]:
    """How many names each class has, and all of them."""
    return {name: len(files) for name, files in names.items()}, list(
        chain.from_iterable(names.values())
    )


def in_memory(folder: Path, counts: dict[str, int], names: list[str]) -> Listing:
    as_bytes = numpy.array([os.fsencode(name) for name in names], "S")
    return Listing(folder, list(counts), numpy.array(list(counts.values()), int), as_bytes)
