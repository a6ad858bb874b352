"""The lines that commands of figures/ print: the files that they wrote, and which changed."""

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

SIDE = 13  # columns of the name that begins a line
NAMED = 6  # at most so many changed files are named in a line


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
