"""One-line messages for disk errors, with a remedy. Needs no torch."""

import errno
from pathlib import Path

from codist.errors import one_line

FULL = (errno.ENOSPC, errno.EDQUOT)
ADVICE = {
    **dict.fromkeys(FULL, "free some space; the same command resumes"),
    **dict.fromkeys(
        (errno.EROFS, errno.EACCES, errno.EPERM), "make it writable, or choose another place.runs"
    ),
    errno.ENOTDIR: "move the file there away, or choose another place.runs",
}


def disk_error_message(error: OSError, folder: Path | None = None) -> str:
    """One line that names the file. folder: the one being written, since a full disk names no file."""
    path = error.filename or (folder if error.errno in ADVICE else None)
    if not path:
        return one_line(error)
    advice = f"; {ADVICE[error.errno]}" if error.errno in ADVICE else ""
    return f"{path}: {error.strerror}{advice}"
