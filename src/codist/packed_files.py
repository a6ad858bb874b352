"""The two files of a packed sweep (codist.packed), read run by run. Needs no torch."""

import json
import zlib
from pathlib import Path
from typing import NamedTuple

from codist.errors import Refused
from codist.run_lines import ARM, begin_of

GZIP = zlib.MAX_WBITS | 16  # zlib's number for files of gzip
RUNS, ROWS = ".runs.jsonl.gz", ".rows.jsonl.gz"


class Packed(NamedTuple):
    """A run: its line in the file of runs, the content of that line, and its lines in the file of rows."""

    line: str
    run: dict
    rows: memoryview
    row_count: int


def read(sweep: Path) -> dict[tuple[str, int], Packed]:
    """{(arm, seed): run} of <root>/<scale>/<sweep>; none if it has no files.

    Raises Refused if a file is missing or damaged, or if the two are not of the same runs. That a run
    is as it was packed is not checked; codist.packed.unpack does, and `verify`.
    """
    ends, rows = (sweep.with_name(sweep.name + form) for form in (RUNS, ROWS))
    if not ends.exists() and not rows.exists():
        return {}
    runs, text = ends_of(ends), decompressed(rows)
    begins = [begin_of(*key).encode() for key in runs]
    mixed = f"{rows} has a row of no run in {ends.name}; restore both"
    found = parts(text, begins, mixed)
    return {key: Packed(*end, *of) for (key, end), of in zip(runs.items(), found, strict=True)}


def ends_of(path: Path) -> dict[tuple[str, int], tuple[str, dict]]:
    """{(arm, seed): (line, its content)} of a file of runs. Raises Refused if it is missing or damaged."""
    found: dict = {}
    for line in lines_of(decompressed(path)):
        try:
            run = json.loads(line)
            key = run["arm"], run["seed"]
            usable = ARM.fullmatch(key[0]) and type(key[1]) is int and key not in found
        except (ValueError, LookupError, TypeError):
            usable = False
        if not usable:
            raise Refused(f"{path} has a line that is no run, or a run twice; restore it")
        found[key] = line, run
    return found


def parts(text: bytes, begins: list[bytes], mixed: str) -> list[tuple[memoryview, int]]:
    """The lines of `text` that begin with each of `begins`, in that order, and their number.

    They are not copied. Raises Refused(mixed) if others are left.
    """
    starts, at = [], 0
    for begin in begins:
        starts.append(text.find(begin, at))  # -1 for what has no lines
        at = max(at, starts[-1])
    found, end, left = [], len(text), text.count(b"\n")
    for start, begin in zip(reversed(starts), reversed(begins), strict=True):
        start = start if start >= 0 else end
        found.append((memoryview(text)[start:end], text.count(begin, start, end)))
        end, left = start, left - found[-1][1]
    if left:
        raise Refused(mixed)
    return found[::-1]


def lines_of(text: bytes) -> list[str]:
    """The lines of a packed file, each with its line feed; only that ends one."""
    *lines, last = text.decode().split("\n")
    return [f"{line}\n" for line in lines] + [last] * bool(last)


def decompressed(path: Path) -> bytes:
    """The content of a packed file. Raises Refused if it is missing or damaged."""
    try:
        content = path.read_bytes()
        # gzip.decompress copies all once more, since it does not read its size
        size = int.from_bytes(content[-4:], "little")
        content = zlib.decompress(content, GZIP, size)
        if len(content) != size:
            raise zlib.error("other content follows")
        if not content.isascii():
            content.decode()
        return content
    except (OSError, MemoryError, zlib.error, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read ({error}); restore it") from None
