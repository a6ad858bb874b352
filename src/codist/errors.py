"""The ways in which a run ends that are not a bug: refused, stopped by a signal, a rank lost, its data damaged."""

import difflib
from collections.abc import Iterable


class Refused(ValueError):
    """A mistake in what was asked for. One line: what was wanted, what came, what to do. The door exits with 2."""


class Busy(Refused):
    """Another process is making that run."""


class Stopped(Exception):
    """A signal asked the run to stop; its state is saved and the same command goes on from there."""


class Lost(Exception):
    """A rank is gone or silent. The run is whole up to its last save, and the same command goes on from there."""


class Damaged(Exception):
    """What a run reads cannot be read, or its disk is full. One line that names it and says what to do. The door exits
    with 1."""


class Unusable(Exception):
    """A save that a run cannot resume from, and why. The save before it is tried."""


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean batch?', or the list of what there is where nothing is near."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"there is: {', '.join(known)}"


def one_line(error: BaseException) -> str:
    """What `error` says, in one line: the first, or the last of the trace that a loading process put before it."""
    lines = str(error).strip().splitlines() or ["no message"]
    return lines[-1] if lines[0].startswith("Caught ") else lines[0]
