"""Checks for regular files, with the reason if a path is none; printable names. Needs no torch."""

import os
import stat

KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def irregular(path: str | os.PathLike) -> str | None:
    """What `path` is if not a regular file, e.g. "a folder", "a dangling link"; None for a file."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return reason(path, error)
    return None if stat.S_ISREG(mode) else kind(mode)


def kind(mode: int) -> str:
    return KINDS.get(stat.S_IFMT(mode), "no regular file")


def reason(path: str | os.PathLike, error: OSError) -> str:
    """The reason why `path` cannot be read."""
    if isinstance(error, IsADirectoryError):
        return KINDS[stat.S_IFDIR]
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return "a dangling link"
    return error.strerror or str(error)


def printable(name: str) -> str:
    """`name` with line breaks and non-UTF-8 bytes escaped, for one-line messages."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)
