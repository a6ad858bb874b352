"""The machine's own message catalogues, German and English: real pairs that need no download, and are never shipped.

What programs say is translated in <locale>/de/LC_MESSAGES/*.mo. Which catalogues there are depends
on the machine, so the checksum of each that was read goes into the name of what is prepared.
"""

import gettext
import hashlib
import locale
import os
import re
import struct
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from codist.errors import Refused
from workloads.files import irregular, reason
from workloads.text.pieces import Recipe
from workloads.text.texts import gather

RECIPE = Recipe(merges=6_000, longest=60, ratio=3)
PLACE = "X"  # what stands for every format directive
DIRECTIVE = re.compile(
    r"%(?:\(\w+\)|\d+\$)?[-+#0']*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:hh|h|ll|l|L|q|j|z|t)?[a-zA-Z]|%%|\{\w*\}|\$\{\w+\}"
)
TAG = re.compile(r"</?[A-Za-z][^<>]*>")
ACCELERATOR = re.compile(r"(?<![\w&])[_&](?=[^\W\d_])")  # _Open, &File; not file_name, nor AT&T
WITHIN = re.compile(r"\b([^\W\d_]+)_([^\W\d_]+)\b")  # E_xit, where the other side has no such word
WORD = re.compile(r"[^\W\d_]{2,}")


def folder(root: Path | None) -> Path:
    """Where the German catalogues are: under `root`, or where the machine's C library looks for them."""
    if root is None:
        root = Path(
            locale.bindtextdomain("messages", None)
            if hasattr(locale, "bindtextdomain")
            else "/usr/share/locale"
        )
    found = Path(root) / "de" / "LC_MESSAGES"
    if not any(found.glob("*.mo")):
        raise Refused(
            f"{found} has no message catalogues; install German ones, or name another folder with --locale"
        )
    return found


def sources(found: Path) -> dict[str, str]:
    """The SHA-256 of each catalogue, by name, or why it cannot be read; of several names of one file the first that is
    no link."""
    names = sorted(
        found.glob("*.mo"), key=lambda path: (path.is_symlink(), path.name), reverse=True
    )
    files = {os.path.realpath(path): path for path in names}
    return {path.stem: checksum(path) for path in sorted(files.values())}


def checksum(path: Path) -> str:
    if what := irregular(path):
        return what
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        return reason(path, error)


def messages(path: Path) -> list[tuple[str, str]]:
    """German and English text of each message, in the singular. Raises Refused where it is not a catalogue."""
    if what := irregular(path):  # to open a FIFO would be to wait for somebody to write to it
        raise Refused(f"{path} is no catalogue that gettext can read: {what}")
    try:
        with open(path, "rb") as file:
            read = gettext.GNUTranslations(file)._catalog  # no public name gives all messages
    except (OSError, ValueError, struct.error) as error:
        raise Refused(f"{path} is no catalogue that gettext can read: {error}") from None
    singular = (
        (key[0] if isinstance(key, tuple) else key, text)
        for key, text in read.items()
        if not is_plural(key)
    )
    return [(text, key.rpartition("\x04")[2]) for key, text in singular if key]


def is_plural(key: str | tuple[str, int]) -> bool:
    return isinstance(key, tuple) and key[1] > 0


def cleaned(german: str, english: str) -> tuple[str, str] | str:
    """The pair as text, or why it is dropped."""
    if not german.strip() or german == english:
        return "untranslated"
    pair = [text.strip() for text in (german, english)]
    if any("\n" in text for text in pair):
        return "of many lines"
    if any("</" in text or "/>" in text for text in pair):
        pair = [TAG.sub("", text) for text in pair]
    if len({len(DIRECTIVE.findall(text)) for text in pair}) > 1:
        return "of unequal directives"
    pair = [ACCELERATOR.sub("", DIRECTIVE.sub(PLACE, text)) for text in pair]
    names = set.intersection(*({found[0] for found in WITHIN.finditer(text)} for text in pair))
    pair = [
        WITHIN.sub(lambda found: found[0] if found[0] in names else found[1] + found[2], text)
        for text in pair
    ]
    if not all(WORD.search(text) for text in pair):
        return "without words"
    return "untranslated" if pair[0] == pair[1] else (pair[0], pair[1])


def split_of(name: str) -> str:
    """train, or for one in ten families each valid or test: the same on every machine, whatever else it has.

    gtk20 and gtk30, or iso_639-2 and iso_639-3, have messages in common: the family is the first
    word of the name.
    """
    family = re.match(r"[a-z]*", name.casefold())[0]
    drawn = hashlib.blake2b(f"catalogues/split/{family}".encode(), digest_size=8).digest()[0] % 10
    return {0: "valid", 1: "test"}.get(drawn, "train")


def parts(
    names: list[str], found: Path, raw: Path
) -> tuple[dict[str, list[str]], dict[str, Counter]]:
    """The names of the files of raw pairs in `raw`, by split, and what was dropped of each split."""
    counts = {split: Counter() for split in ("train", "valid", "test")}
    seen = set()
    for split, count in counts.items():
        trained = frozenset(
            seen
        )  # nor in another split: what is validated was never trained on, in neither language
        pairs = []
        for name in (name for name in names if split_of(name) == split):
            for pair in kept(found / f"{name}.mo", count):
                texts = {("de", pair[0].casefold()), ("en", pair[1].casefold())}
                if pair in seen or texts & trained:
                    count["seen before"] += 1
                    continue
                seen |= {pair, *texts}
                pairs.append(pair)
        count.update(gather(raw, split, lambda pairs=pairs: iter(pairs)))
    return {split: [split] for split in counts}, counts


def kept(path: Path, count: Counter) -> Iterator[tuple[str, str]]:
    """The cleaned pairs of a catalogue; counts why others are dropped, and a file that gettext cannot read."""
    try:
        said = messages(path)
    except Refused:
        count[f"unreadable: {path.name}"] += 1
        return
    for german, english in said:
        pair = cleaned(german, english)
        if isinstance(pair, str):
            count[pair] += 1
        else:
            yield pair
