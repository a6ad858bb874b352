"""What a command of figures/ shows: progress with the time left, the files that it changed, its lines' names."""

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

SIDE = 13  # columns of a line's name
SAID = 20.0  # seconds between two lines of progress, where stderr is no terminal
NAMED = 6  # changed files that a line names, at most
CLEAR = "\r\x1b[K"  # back to the start of a terminal's line, and empty it

Step = TypeVar("Step")


def progress(what: str, steps: Sequence[Step]) -> Iterator[Step]:
    """Gives `steps`, of about equal work, and tells on stderr how many are done and the time left.

    On a terminal that is one line, rewritten and removed at the end; elsewhere a line now and then.
    """
    terminal, began = sys.stderr.isatty(), time.monotonic()
    said = began
    try:
        for done, step in enumerate(steps):
            now = time.monotonic()
            left = f", {duration((now - began) * (len(steps) / done - 1))} left" if done else ""
            if terminal:
                sys.stderr.write(f"{CLEAR}{what}: {done} of {len(steps)}{left}")
                sys.stderr.flush()
            elif now - said >= SAID:
                print(f"{what}: {done} of {len(steps)}{left}", file=sys.stderr, flush=True)
                said = now
            yield step
    finally:
        if terminal:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"


def line(name: str, text: str) -> str:
    return f"{name:<{SIDE - 1}} {text}"


def digests(paths: Iterable[Path]) -> dict[Path, str]:
    """{path: SHA-256} of the files among `paths`; of one that is not there nothing."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def state(path: Path, before: dict[Path, str], after: dict[Path, str]) -> str:
    return (
        "new" if path not in before else "unchanged" if before[path] == after[path] else "changed"
    )


def changes(before: dict[Path, str], after: dict[Path, str]) -> str:
    """How many files of `after` are as `before`: "120 files, 118 unchanged, 1 new, 1 changed: fig7.svg"."""
    of = {path: state(path, before, after) for path in after}
    counts = Counter(of.values())
    told = [f"{counts[one]} {one}" for one in ("unchanged", "new", "changed") if counts[one]]
    changed = [path.name for path in after if of[path] == "changed"]
    more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    named = f": {', '.join(changed[:NAMED])}{more}" if changed else ""
    return f"{len(after)} files, {', '.join(told)}{named}"


def written(name: str, before: dict[Path, str], paths: Sequence[Path]) -> str:
    """The line of a command that wrote `paths`: where they are, and which are others than `before`."""
    after = digests(paths)
    return line(
        name, ", ".join(f"{os.path.relpath(path)} {state(path, before, after)}" for path in paths)
    )
