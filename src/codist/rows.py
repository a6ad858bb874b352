"""The rows of a run's logs, one an epoch for each model: read, written, compared with their updates. Needs no torch."""

import json
import math
from pathlib import Path

from codist.errors import Refused

DAMAGED = "is damaged; restore it, or move its folder away and run again"


def log_of(folder: Path | str, model: int) -> Path:
    """The file in `folder` that holds the rows of `model`."""
    return Path(folder) / f"model{model}.jsonl"


def rows(folder: Path | str, model: int = 0) -> list[dict]:
    """The rows of `model`, one an epoch, in order. A last line without its line feed is a torn write and passed over.

    Raises Refused, naming the line, where another line holds no row.
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


def complete(folder: Path, models: int, updates: list[int]) -> bool:
    """Has the log of each model in `folder` just the rows of `updates`? Raises Refused where a row is damaged."""
    return all([row["update"] for row in rows(folder, model)] == updates for model in range(models))


def content_of(path: Path) -> bytes:
    """The content of a log, empty where there is none."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def line_of(row: dict) -> str:
    """`row` as its line in a log; a number that is not finite is written as null."""
    finite = {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()
    }
    return json.dumps(finite, allow_nan=False) + "\n"


def updates_of(text: str) -> list[int]:
    """The updates of the rows in `text`, lines of `line_of`."""
    return [json.loads(line)["update"] for line in text.splitlines()]


def until(text: str, update: int) -> str:
    """Those of the rows in `text` that are not later than `update`."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line, of in zip(lines, updates_of(text), strict=True) if of <= update)


def misplaced(updates: list[int], expected: list[int]) -> str:
    """The first difference between the updates that a log has rows of and those it should; "" where there is none."""
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
