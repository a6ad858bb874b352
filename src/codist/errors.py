"""Exceptions that end a run without a bug: user mistake, signal, lost rank, damaged data."""

import difflib
from collections.abc import Iterable


class Refused(ValueError):
    """A user mistake. One line: what was expected, what was got, what to do. Exit code 2."""


class Busy(Refused):
    """Another process is writing the same run folder."""


class Stopped(Exception):
    """A signal asked the run to stop; it is saved, and the same command resumes it."""


class Lost(Exception):
    """A rank exited or does not answer. The same command resumes the run from its last checkpoint."""


class Damaged(Exception):
    """Data is unreadable, or the disk is full. One line that names it, and what to do. Exit code 1."""


class Unusable(Exception):
    """A checkpoint that a run cannot resume from, and why. The previous checkpoint is tried next."""


def nearest(name: str, known: Iterable[str]) -> str:
    """'did you mean batch?', or the list of known names if none is close."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"there is: {', '.join(known)}"


def one_line(error: BaseException) -> str:
    """The first line of `error`; the last if a data loading process put its trace before it."""
    lines = str(error).strip().splitlines() or ["no message"]
    return lines[-1] if lines[0].startswith("Caught ") else lines[0]
