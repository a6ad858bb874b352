"""The rows of a run's logs, one per epoch and model: reading, writing, validation. Needs no torch."""

import json
import math
from collections.abc import Iterable
from pathlib import Path

from codist.errors import Refused

DAMAGED = "is damaged; restore it, or move its folder away and run again"


def log_of(folder: Path | str, model: int) -> Path:
    """The file in `folder` that holds the rows of `model`."""
    return Path(folder) / f"model{model}.jsonl"


def rows(folder: Path | str, model: int = 0) -> list[dict]:
    """The rows of `model`, one per epoch, in order; a last line without line feed is a torn write, ignored.

    Raises Refused, naming the line, if another line is not a row.
    """
    path, found = log_of(folder, model), []
    *lines, _ = content_of(path).split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line.decode())
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or type(row.get("update")) is not int:
            raise Refused(f"{path}, line {number} {DAMAGED}")
        found.append(row)
    return found


def complete(folder: Path, models: Iterable[int], updates: list[int]) -> bool:
    """True if the log of each of `models` has exactly the rows of `updates`. Raises Refused if a row is damaged."""
    return all([row["update"] for row in rows(folder, model)] == updates for model in models)


def content_of(path: Path) -> bytes:
    """The content of a log; empty if there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def line_of(row: dict) -> str:
    """`row` as a line of a log; numbers that are not finite become null."""
    finite = {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()
    }
    return json.dumps(finite, allow_nan=False) + "\n"


def updates_of(text: str) -> list[int]:
    """The updates of the rows in `text`, a concatenation of `line_of`."""
    return [json.loads(line)["update"] for line in text.splitlines()]


def until(text: str, update: int) -> str:
    """The rows in `text` up to `update`."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line, of in zip(lines, updates_of(text), strict=True) if of <= update)


def misplaced(updates: list[int], expected: list[int]) -> str:
    """The first difference between the updates of a log's rows and the expected ones; "" if there is none."""
    for at, update in enumerate(expected):
        if updates[at : at + 1] == [update]:
            continue
        if update not in updates:
            return f"lacks the row of update {update}"
        if updates[at] in expected[:at]:
            return f"has the row of update {updates[at]} twice"
        return f"has a row of update {updates[at]} where that of {update} belongs"
    return (
        f"has a row of update {updates[len(expected)]} too many"
        if len(updates) > len(expected)
        else ""
    )
