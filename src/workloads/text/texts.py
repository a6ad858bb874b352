"""Reading of untrusted parallel text: unpacked from archives, numbered, paired, entities resolved."""

import contextlib
import gzip
import html
import json
import os
import re
import shutil
import tarfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from codist.disk import whole, write_atomically
from codist.errors import Refused
from workloads.text.corpus import LANGUAGES

Numbered = Iterator[tuple[int, str]]  # line number, from 1, and line
MOST = 2**32  # maximum bytes of a member; the largest, Europarl's, have 330 MB
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
SEGMENT = re.compile(r'<seg id="[0-9]*">\s*(.*?)\s*</seg>\s*')


def take(packed: Path, members: Iterable[str], into: Path) -> None:
    """Unpack the named members of an archive into `into` under their base names, unless they exist."""
    into.mkdir(parents=True, exist_ok=True)
    missing = {name for name in members if not (into / Path(name).name).exists()}
    try:
        with contextlib.ExitStack() as stack:
            tar = stack.enter_context(tarfile.open(packed, "r:gz")) if missing else ()
            for member in tar:
                name = os.path.normpath(member.name)
                if name not in missing:
                    continue
                if not member.isreg() or member.size > MOST:
                    raise Refused(
                        f"{packed}: {name} is no file, or has more than {MOST:,} bytes; nothing of it is used"
                    )
                path = into / Path(name).name
                fresh = path.with_name(path.name + ".new")
                with tar.extractfile(member) as inside, open(fresh, "wb") as file:
                    shutil.copyfileobj(inside, file)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(fresh, path)
                missing.discard(name)
                if not missing:
                    break
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refused(
            f"{packed} cannot be unpacked: {error}; move it away and run this again"
        ) from None
    if missing:
        raise Refused(
            f"{packed} has no {', '.join(sorted(missing))}; is it the archive of another corpus?"
        )


def lines(path: Path) -> Numbered:
    """The lines of a file, split only at "\\n", since sentences contain U+2028.

    Raises Refused at a line that is not UTF-8.
    """
    with open(path, "rb") as file:
        for n, line in enumerate(file, 1):
            try:
                yield n, line.decode().removeprefix("\ufeff").rstrip("\n")
            except UnicodeDecodeError as error:
                raise Refused(
                    f"{path} line {n} is not UTF-8: {error.reason} at byte {error.start}"
                ) from None


def segments(path: Path) -> Numbered:
    """The text of each <seg> of an .sgm or .xml file, with one <seg> per line."""
    for n, line in lines(path):
        if "<seg id" in line:
            if not (found := SEGMENT.search(line)):
                raise Refused(
                    f"{path} line {n}: expected a complete <seg id=...> ... </seg>, got {line[:60]!r}"
                )
            yield n, found[1]


def paired(
    paths: tuple[Path, Path], read: Callable[[Path], Numbered] = lines
) -> Iterator[tuple[str, str]]:
    """The lines of two files in pairs. Raises Refused if one file has more."""
    one, other = map(read, paths)
    last = [0, 0]
    for n, line in one:
        if (beside := next(other, None)) is None:
            raise Refused(
                f"{paths[1]} ends after line {last[1]}, but {paths[0]} continues with line {n}; expected pairs"
            )
        last = [n, beside[0]]
        yield line, beside[1]
    if (more := next(other, None)) is not None:
        raise Refused(
            f"{paths[0]} ends after line {last[0]}, but {paths[1]} continues with line {more[0]}; expected pairs"
        )


def gather(folder: Path, part: str, pairs: Callable[[], Iterator[tuple[str, str]]]) -> Counter:
    """Write pairs as <part>.de and <part>.en unless they exist; returns counts of changes.

    Repeated spaces are collapsed; pairs with an empty side are dropped. Entities (&amp;) are
    resolved. The published scripts do not do that, and Moses' tokenizer makes three tokens of each.
    """
    counts_file = folder / f"{part}.json"
    if counts_file.exists():
        return Counter(json.loads(counts_file.read_text()))
    counts = Counter()
    with contextlib.ExitStack() as stack:
        files = [
            stack.enter_context(whole(folder / f"{part}.{language}")) for language in LANGUAGES
        ]
        for pair in pairs():
            counts["pairs"] += 1
            counts["entities"] += sum(len(ENTITY.findall(line)) for line in pair)
            pair = [
                " ".join(ENTITY.sub(lambda found: html.unescape(found[0]), line).split())
                for line in pair
            ]
            if not all(pair):
                counts["empty"] += 1
                continue
            for file, line in zip(files, pair, strict=True):
                file.write(line + "\n")
    write_atomically(counts_file, json.dumps(counts))
    return counts
