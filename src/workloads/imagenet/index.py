"""The list of ImageNet's images, cached as an index file until a folder changes.

Listing 1.3 million names takes minutes on a shared disk, so the list is cached in
<root>/<split>.index. If the data folder is read-only, it is in the user's cache.
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
    """The images of one split, sorted by class and name, independent of the file system's order."""

    folder: Path
    classes: list[str]  # names of the class folders, sorted; a label is an index into this list
    counts: numpy.ndarray  # (classes,) images per class
    # (N,), bytes: every loading process would copy 1.3 million Python strings
    names: numpy.ndarray

    @property
    def labels(self) -> numpy.ndarray:
        """The label of each image, (N,)."""
        return numpy.repeat(numpy.arange(len(self.classes)), self.counts)


def some(names: list[str]) -> str:
    """The first three names, in one line."""
    return ", ".join(map(printable, names[:3])) + (", ..." if len(names) > 3 else "")


def listing(root: Path, split: str) -> Listing:
    """The images of <root>/<split>, from an up-to-date index, or listed now and then cached.

    Raises Refused if something named like an image is no regular file, OSError if a folder cannot be
    listed.
    """
    for index in indices(root, split):
        # suppressed: a missing or corrupt index
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError, AttributeError):
            return read(index, root / split)
    stamps, names = listed(root / split)
    for index in indices(root, split):
        with contextlib.suppress(OSError):  # read-only: try the next path
            write(index, stamps, names)
            break
    return in_memory(root / split, *flat(names))


def indices(root: Path, split: str) -> tuple[Path, Path]:
    """Candidate paths of the index: beside the data, then in the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "codist"
    name = hashlib.blake2b(os.fsencode(root.resolve()), digest_size=8).hexdigest()
    return root / f"{split}.index", cache / f"imagenet-{name}-{split}.index"


def listed(folder: Path) -> tuple[dict[str, int], dict[str, list[str]]]:
    """The modification time of each folder, read before listing, and each class's sorted image names.

    Raises Refused if something named like an image is no regular file, OSError if a folder cannot be
    listed.
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
        # most file systems return the type with the name: only links and wrong types need a stat
        others = [file.path for file in images if not file.is_file(follow_symlinks=False)]
        wrong += [f"{path} ({what})" for path in others if (what := irregular(path))]
    if wrong:
        raise Refused(
            f"{folder}: expected image files, got {len(wrong)} that are none, {some(wrong)}; restore or "
            "remove them"
        )
    return stamps, names


def changed(folder: Path) -> int:
    """Modification time in ns; adding, renaming or removing a file changes its folder's."""
    return os.stat(folder).st_mtime_ns


def write(index: Path, stamps: dict[str, int], names: dict[str, list[str]]) -> None:
    """Write stamps and counts as JSON, then the names, each followed by NUL.

    NUL is the one byte that no file name contains; names need not be UTF-8. Several ranks may write
    at once.
    """
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
    """Read an index. Raises ValueError if it is out of date or truncated, OSError if there is none."""
    head, *names, rest = os.fsdecode(index.read_bytes()).split("\0")
    head = json.loads(head)
    if any(changed(folder / name) != stamp for name, stamp in head["changed"].items()):
        raise ValueError(f"{index} is out of date")
    if rest or not names or len(names) != sum(head["counts"].values()):
        raise ValueError(f"{index} is truncated")
    return in_memory(folder, head["counts"], names)


def flat(names: dict[str, list[str]]) -> tuple[dict[str, int], list[str]]:
    """The number of names per class, and all names in one list."""
    return {name: len(files) for name, files in names.items()}, list(
        chain.from_iterable(names.values())
    )


def in_memory(folder: Path, counts: dict[str, int], names: list[str]) -> Listing:
    as_bytes = numpy.array([os.fsencode(name) for name in names], "S")
    return Listing(folder, list(counts), numpy.array(list(counts.values()), int), as_bytes)
