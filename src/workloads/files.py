"""What stands at a path where a regular file is expected, and names that any log takes. Needs no torch."""

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
    """Why no regular file is at `path`: "a folder", "a dangling link"; None where there is one, or a link to one."""
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return reason(path, error)
    return None if stat.S_ISREG(mode) else kind(mode)


def kind(mode: int) -> str:
    return KINDS.get(stat.S_IFMT(mode), "no regular file")


def reason(path: str | os.PathLike, error: OSError) -> str:
    """Why `path` cannot be read."""
    if isinstance(error, IsADirectoryError):
        return KINDS[stat.S_IFDIR]
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return "a dangling link"
    return error.strerror or str(error)


def printable(name: str) -> str:
    """`name` in one line that any log takes: line breaks, and bytes that are not UTF-8, are escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in name)
