"""Atomic writes: a file appears complete or not at all, even if the machine crashes. Needs no torch."""

import contextlib
import os
from pathlib import Path
from typing import Any


def write_atomically(path: Path, content: str | bytes) -> None:
    """Replace `path` by `content`; after a crash it holds either its old content or all of `content`."""
    with whole(path, binary=isinstance(content, bytes)) as file:
        file.write(content)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Flush a folder: a rename is durable only after that."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def whole(path: Path, binary: bool = False):
    """Open a file for writing; it appears at `path` only once complete.

    Until then its name is hidden: it begins with a dot. An error, such as a full disk, removes it.
    """
    fresh = path.with_name(f".{path.name}.new")
    form: dict[str, Any] = {"mode": "w", "encoding": "utf-8", "newline": "\n"}
    form = {"mode": "wb"} if binary else form
    try:
        with open(fresh, **form) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
    except BaseException:
        with contextlib.suppress(OSError):  # the first error is the one to report
            fresh.unlink()
        raise
