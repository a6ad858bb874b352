"""What the disk's errors say, in one line with what to do. Needs no torch."""

import errno
from pathlib import Path

from codist.errors import one_line

FULL = (errno.ENOSPC, errno.EDQUOT)
ADVICE = {
    **dict.fromkeys(FULL, "free some, and the same command goes on"),
    **dict.fromkeys(
        (errno.EROFS, errno.EACCES, errno.EPERM), "make it writable, or choose another place.runs"
    ),
    errno.ENOTDIR: "move what stands there away, or choose another place.runs",
}


def disk_error_message(error: OSError, folder: Path | None = None) -> str:
    """One line that names the file. folder: what was being written; a full disk does not say where."""
    where = error.filename or (folder if error.errno in ADVICE else None)
    if not where:
        return one_line(error)
    advice = f"; {ADVICE[error.errno]}" if error.errno in ADVICE else ""
    return f"{where}: {error.strerror}{advice}"
