"""Lines of text in two languages, read without trust: out of archives, numbered, paired, cleaned of entities."""

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

Numbered = Iterator[tuple[int, str]]  # a line and its place in the file, from 1
MOST = 2**32  # bytes of a member, at most; the largest, Europarl's, have 330 MB
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]\w{1,30});")
SEGMENT = re.compile(r'<seg id="[0-9]*">\s*(.*?)\s*</seg>\s*')


def take(packed: Path, members: Iterable[str], into: Path) -> None:
    """The named members of an archive, each under its last name in `into`, whole; those already there are kept."""
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
    """The lines of a file, split at "\\n" alone: sentences have U+2028 in them. Raises Refused at what is not UTF-8."""
    with open(path, "rb") as file:
        for n, line in enumerate(file, 1):
            try:
                yield n, line.decode().removeprefix("\ufeff").rstrip("\n")
            except UnicodeDecodeError as error:
                raise Refused(
                    f"{path} line {n} is not UTF-8: {error.reason} at byte {error.start}"
                ) from None


def segments(path: Path) -> Numbered:
    """The text of each <seg> of an .sgm or .xml file, which has each on a line of its own."""
    for n, line in lines(path):
        if "<seg id" in line:
            if not (found := SEGMENT.search(line)):
                raise Refused(
                    f"{path} line {n}: wanted a whole <seg id=...> ... </seg>, got {line[:60]!r}"
                )
            yield n, found[1]


def paired(
    paths: tuple[Path, Path], read: Callable[[Path], Numbered] = lines
) -> Iterator[tuple[str, str]]:
    """Line by line what `read` gives of two files. Raises Refused where one has more."""
    one, other = map(read, paths)
    last = [0, 0]
    for n, line in one:
        if (beside := next(other, None)) is None:
            raise Refused(
                f"{paths[1]} ends after line {last[1]}, but {paths[0]} goes on with line {n}; wanted pairs"
            )
        last = [n, beside[0]]
        yield line, beside[1]
    if (more := next(other, None)) is not None:
        raise Refused(
            f"{paths[0]} ends after line {last[0]}, but {paths[1]} goes on with line {more[0]}; wanted pairs"
        )


def gather(folder: Path, part: str, pairs: Callable[[], Iterator[tuple[str, str]]]) -> Counter:
    """Write pairs as <part>.de and <part>.en, once; gives what was mended or dropped.

    Spaces are made single; a pair with an empty side is dropped. Entities (&amp;) are resolved,
    which the published scripts leave to stand: Moses' tokenizer would make three tokens of each.
    """
    told = folder / f"{part}.json"
    if told.exists():
        return Counter(json.loads(told.read_text()))
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
    write_atomically(told, json.dumps(counts))
    return counts
