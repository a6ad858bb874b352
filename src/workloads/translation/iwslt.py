"""IWSLT 2014, German and English talks, as fairseq 0.9's examples/translation/prepare-iwslt14.sh prepares them.

174,443 lines, of which 167,522 are left: 160,239 to train, 7,283 to validate, 6,750 to test. v2 A.2
says 153k/7k/7k.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from workloads.text.corpus import LANGUAGES
from workloads.text.pieces import Recipe
from workloads.text.texts import Numbered, gather, lines, paired, segments, take

RECIPE = Recipe(merges=10_000, longest=175, ratio=1.5, lower=True, every=23)
DROPPED = (
    "<url>",
    "<talkid>",
    "<keywords>",
)  # lines; of a title or description only the tags go, their text stays
TAGS = re.compile("</?(?:title|description)>")
TRAIN = "train.tags.de-en.{}"
TEST = [
    f"IWSLT14.{talks}.de-en.{{}}.xml"
    for talks in ("TED.dev2010", "TEDX.dev2012", "TED.tst2010", "TED.tst2011", "TED.tst2012")
]


def parts(archives: list[Path], raw: Path) -> tuple[dict[str, list[str]], dict[str, Counter]]:
    """The names of the files of raw pairs in `raw`, by split, and what was mended in each."""
    take(
        archives[0],
        [f"de-en/{name.format(language)}" for name in (TRAIN, *TEST) for language in LANGUAGES],
        raw / "unpacked",
    )
    counts = {
        "train": gather(raw, "train", lambda: paired(both(raw, TRAIN), talks)),
        "test": gather(
            raw, "test", lambda: (pair for name in TEST for pair in paired(both(raw, name), quoted))
        ),
    }
    return {split: [split] for split in counts}, counts


def both(raw: Path, name: str) -> tuple[Path, Path]:
    return tuple(raw / "unpacked" / name.format(language) for language in LANGUAGES)


def talks(path: Path) -> Numbered:
    """The sentences of a training file, which has each talk's address and keywords between them."""
    return (
        (n, TAGS.sub("", line))
        for n, line in lines(path)
        if not any(tag in line for tag in DROPPED)
    )


def quoted(path: Path) -> Iterator[tuple[int, str]]:
    return (
        (n, line.replace("’", "'")) for n, line in segments(path)
    )  # the script does so in the test set alone
