"""Progress of long work on stderr: one line on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import TypeVar

from codist.durations import duration

PRINT_SECONDS = 20.0  # between two lines if stderr is no terminal
DRAW_SECONDS = 0.1  # between two changes of a terminal's line
CLEAR = "\r\x1b[K"  # clears a terminal's line

Step = TypeVar("Step")


class Progress:
    """How much of `total` is done, and the time left at the speed so far.

    total: None if unknown; then there is no time left. begun: done before, which says nothing of
    the speed. show: an amount in words. On a terminal the line is rewritten, and removed at the end.
    """

    def __init__(
        self,
        what: str,
        total: float | None,
        begun: float = 0,
        show: Callable[[float], str] = "{:g}".format,
    ):
        self.what, self.total, self.begun, self.show = what, total, begun, show
        self.terminal = sys.stderr.isatty()
        self.started = self.printed = time.monotonic()
        self.drawn = float("-inf")

    def __enter__(self) -> "Progress":
        return self

    def __exit__(self, *error) -> None:
        if self.terminal:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()

    def at(self, done: float) -> None:
        """Show that `done` of the total is done, if the last line is old enough."""
        now = time.monotonic()
        if self.terminal and now - self.drawn >= DRAW_SECONDS:
            self.drawn = now
            sys.stderr.write(CLEAR + self.line(done, now))
            sys.stderr.flush()
        elif not self.terminal and now - self.printed >= PRINT_SECONDS:
            self.printed = now
            print(self.line(done, now), file=sys.stderr, flush=True)

    def line(self, done: float, now: float) -> str:
        if self.total is None:
            return f"{self.what}: {self.show(done)}"
        fresh, left = done - self.begun, ""
        if fresh > 0:
            left = f", {duration((now - self.started) * (self.total - done) / fresh)} left"
        return f"{self.what}: {self.show(done)} of {self.show(self.total)}{left}"


def progress(what: str, steps: Iterable[Step], total: int | None = None) -> Iterator[Step]:
    """Yield `steps`, of about equal work, and show how many are done.

    total: their number, for steps without a length.
    """
    count = len(steps) if total is None and isinstance(steps, Sized) else total
    with Progress(what, count) as shown:
        for done, step in enumerate(steps):
            shown.at(done)
            yield step
