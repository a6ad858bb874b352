"""Files that are whole or not there, also when the machine stops halfway. Needs no torch."""

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
