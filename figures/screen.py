"""The terminal output of commands of figures/: progress with time left, and changed files."""

import hashlib
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

SIDE = 13  # columns of the name that begins a line
PRINT_SECONDS = 20.0  # between two lines of progress if stderr is no terminal
NAMED = 6  # at most so many changed files are named in a line
CLEAR = "\r\x1b[K"  # clears a terminal's line

Step = TypeVar("Step")


def progress(what: str, steps: Sequence[Step]) -> Iterator[Step]:
    """Yield `steps`, of about equal work, and print progress with the time left to stderr.

    On a terminal this is one line, rewritten and removed at the end; else a line per PRINT_SECONDS.
    """
    terminal, started = sys.stderr.isatty(), time.monotonic()
    last = started
    try:
        for done, step in enumerate(steps):
            now = time.monotonic()
            left = f", {duration((now - started) * (len(steps) / done - 1))} left" if done else ""
            if terminal:
                sys.stderr.write(f"{CLEAR}{what}: {done} of {len(steps)}{left}")
                sys.stderr.flush()
            elif now - last >= PRINT_SECONDS:
                print(f"{what}: {done} of {len(steps)}{left}", file=sys.stderr, flush=True)
                last = now
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
    """{path: SHA-256} of the `paths` that exist."""
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()}


def state(path: Path, before: dict[Path, str], after: dict[Path, str]) -> str:
    return (
        "new" if path not in before else "unchanged" if before[path] == after[path] else "changed"
    )


def changes(before: dict[Path, str], after: dict[Path, str]) -> str:
    """Compare two digests: "120 files, 118 unchanged, 1 new, 1 changed: fig7.svg"."""
    of = {path: state(path, before, after) for path in after}
    counts = Counter(of.values())
    parts = [f"{counts[one]} {one}" for one in ("unchanged", "new", "changed") if counts[one]]
    changed = [path.name for path in after if of[path] == "changed"]
    more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
    named = f": {', '.join(changed[:NAMED])}{more}" if changed else ""
    return f"{len(after)} files, {', '.join(parts)}{named}"


def written(name: str, before: dict[Path, str], paths: Sequence[Path]) -> str:
    """The output line of a command that wrote `paths`: each path, and if it is new or changed."""
    after = digests(paths)
    return line(
        name, ", ".join(f"{os.path.relpath(path)} {state(path, before, after)}" for path in paths)
    )
