"""Files that are whole or not there, also when the machine stops halfway. Needs no torch."""

import contextlib
import os
from pathlib import Path


def write_atomically(path: Path, text: str) -> None:
    """`path` holds either what it held before or all of `text`, also when the machine stops halfway."""
    fresh = path.with_name(path.name + ".new")
    with open(fresh, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """A rename is only on the disk once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def whole(path: Path):
    """A text file to be written, which is at `path` only once all of it is."""
    fresh = path.with_name(path.name + ".new")
    with open(fresh, "w", encoding="utf-8", newline="\n") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, path)
