"""Packing of Criteo's train.txt, block by block, into files of fixed width. Needs no torch.

progress.json says how many lines are packed. What is in the files beyond these, an interrupted
call left: it is written again.
"""

import contextlib
import gzip
import json
import os
import tarfile
import zlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from codist.disk import write_atomically
from codist.errors import Refused
from codist.progress import Progress
from workloads.clicks.criteo import BOUND, WIDTHS, parsed

AT_ONCE = 2**16  # lines of a block: about 16 MB
MEMBER = "train.txt"  # of the published archive


def make(work: Path, source: Path, processes: int, meta: dict) -> None:
    """Write all lines to the files in `work`, then meta.json; resume after what is packed there.

    source: train.txt, or the archive. One process suffices: 10 us a line. Raises Refused, naming
    file and line, if something else is in it.
    """
    done = packed(work)
    with contextlib.ExitStack() as stack:
        stream, size = stack.enter_context(opened(source))
        skip(stream, done["bytes"])
        shown = Progress(f"pack {MEMBER}, bytes", size, done["bytes"], "{:,.0f}".format)
        stack.enter_context(shown)
        files = {name: stack.enter_context(open(work / f"{name}.bin", "ab")) for name in WIDTHS}
        for name, file in files.items():
            file.truncate(done["rows"] * WIDTHS[name])
        for lines in blocks(stream):
            shown.at(done["bytes"])
            try:
                content = parsed(lines)
            except ValueError as error:
                nth, what = error.args
                line = done["rows"] + nth + 1
                raise Refused(
                    f"{source}, line {line:,} of {MEMBER} {what}; restore the file and run this again"
                ) from None
            for name, file in files.items():
                file.write(content[name])
                file.flush()
                os.fsync(file.fileno())
            done = {
                "rows": done["rows"] + len(lines),
                "bytes": done["bytes"] + sum(map(len, lines)),
            }
            write_atomically(work / "progress.json", json.dumps(done) + "\n")
    if not done["rows"]:
        raise Refused(f"{source} is empty; put Criteo's {MEMBER} there and run this again")
    write_atomically(
        work / "meta.json", json.dumps({**meta, "rows": done["rows"]}, indent=1) + "\n"
    )


def skip(stream: IO[bytes], size: int) -> None:
    """Read `size` bytes: an archive's stream cannot seek."""
    while size and (chunk := stream.read(min(2**24, size))):
        size -= len(chunk)


def blocks(stream: IO[bytes]) -> Iterator[list[bytes]]:
    """The lines of `stream`, AT_ONCE at a time. A line beyond the bound is cut there."""
    lines = iter(lambda: stream.readline(BOUND + 1), b"")
    return iter(lambda: list(islice(lines, AT_ONCE)), [])


def packed(work: Path) -> dict[str, int]:
    """The number of rows that are complete in `work`, and of the bytes of their lines."""
    try:
        done = json.loads((work / "progress.json").read_text())
        sizes = {name: (work / f"{name}.bin").stat().st_size for name in WIDTHS}
        if all(sizes[name] >= done["rows"] * width for name, width in WIDTHS.items()):
            return {"rows": done["rows"], "bytes": done["bytes"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass  # nothing is packed yet, or it is damaged
    return {"rows": 0, "bytes": 0}


@contextlib.contextmanager
def opened(source: Path) -> Iterator[tuple[IO[bytes], int]]:
    """train.txt, or that of the archive, and its size in bytes. Raises Refused if it cannot be read."""
    if source.name == MEMBER:
        with open(source, "rb") as file:
            yield file, source.stat().st_size
        return
    try:
        with tarfile.open(source, "r|gz") as archive:
            for member in archive:
                if member.name == MEMBER and member.isreg():
                    with archive.extractfile(member) as file:  # type: ignore[union-attr]
                        yield file, member.size
                    return
        raise Refused(f"{source} has no {MEMBER}; move it away and run this again")
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refused(
            f"{source} cannot be unpacked: {error}; move it away and run this again"
        ) from None
