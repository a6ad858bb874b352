"""The two ways in which a run ends that are not a bug: what was asked for cannot be, or a signal asked it to stop."""

import difflib
from collections.abc import Iterable


class Refused(ValueError):
    """A mistake in what was asked for. One line: what was wanted, what came, what to do. The door exits with 2."""


class Stopped(Exception):
    """A signal asked the run to stop; its state is saved and the same command goes on from there."""


def nearest(word: str, known: Iterable[str]) -> str:
    """'; did you mean batch?', or the list of what there is where nothing is near."""
    known = sorted(known)
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"there is: {', '.join(known)}"
