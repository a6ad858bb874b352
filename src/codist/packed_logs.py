"""The runs of a packed sweep, read without unpacking them. Needs no torch.

Of a run that is not as packed only `packed.unpack` tells, by its SHA-256; `verify` looks at that.
"""

import gzip
import zlib
from pathlib import Path
from typing import NamedTuple

from codist.errors import Refused
from codist.packed import ROWS, RUNS, ends_of
from codist.run_lines import begin_of


class Packed(NamedTuple):
    """A run: the text of its config.yaml, its done.json, and the lines of each model's log, as packed."""

    config: str
    done: dict
    logs: list[bytes]


def read(sweep: Path) -> dict[tuple[str, int], Packed]:
    """{(arm, seed): run} of <root>/<scale>/<sweep>; none if it has no files.

    Raises Refused if a file is missing or damaged, or if the two are not of the same runs.
    """
    ends, rows = (sweep.with_name(sweep.name + form) for form in (RUNS, ROWS))
    if not ends.exists() and not rows.exists():
        return {}
    runs, text = ends_of(ends), decompressed(rows)
    try:
        models = {key: range(run["done"]["models"]) for key, (_, run) in runs.items()}
        configs = {key: run["config"] for key, (_, run) in runs.items()}
    except (LookupError, TypeError) as error:
        raise Refused(f"{ends} has a run without its {error}; restore it") from None
    begins = [begin_of(*key, model).encode() for key in runs for model in models[key]]
    logs = iter(parts(text, begins, f"{rows} has a row of no run in {ends.name}; restore both"))
    return {
        key: Packed(configs[key], run["done"], [next(logs) for _ in models[key]])
        for key, (_, run) in runs.items()
    }


def parts(text: bytes, begins: list[bytes], mixed: str) -> list[bytes]:
    """The lines of `text` that begin with each of `begins`, in that order. Raises Refused(mixed) if others are left."""
    starts, at = [], 0
    for begin in begins:
        starts.append(text.find(begin, at))  # -1 for a log without rows
        at = max(at, starts[-1])
    logs, end = [], len(text)
    for start in reversed(starts):
        logs.append(text[start:end] if start >= 0 else b"")
        end = start if start >= 0 else end
    logs.reverse()
    lines = sum(log.count(begin) for log, begin in zip(logs, begins, strict=True))
    if lines != text.count(b"\n"):
        raise Refused(mixed)
    return logs


def decompressed(path: Path) -> bytes:
    """The content of a packed file. Raises Refused if it is missing or damaged."""
    try:
        return gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(f"{path} cannot be read ({error}); restore it") from None
