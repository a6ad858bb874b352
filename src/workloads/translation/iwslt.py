"""IWSLT 2014, German and English talks, prepared as by fairseq 0.9's prepare-iwslt14.sh.

The script is examples/translation/prepare-iwslt14.sh. Of 174,443 lines 167,522 are left: 160,239 for
training, 7,283 for validation; 6,750 are for testing. v2 A.2 states 153k/7k/7k.
"""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from workloads.text.corpus import LANGUAGES
from workloads.text.pieces import Recipe
from workloads.text.texts import Numbered, gather, lines, paired, segments, take

RECIPE = Recipe(merges=10_000, longest=175, ratio=1.5, lower=True, every=23)
# Lines with these tags are dropped; of titles and descriptions only the tags are.
DROPPED = ("<url>", "<talkid>", "<keywords>")
TAGS = re.compile("</?(?:title|description)>")
TRAIN = "train.tags.de-en.{}"
TEST = [
    f"IWSLT14.{talks}.de-en.{{}}.xml"
    for talks in ("TED.dev2010", "TEDX.dev2012", "TED.tst2010", "TED.tst2011", "TED.tst2012")
]


def parts(archives: list[Path], raw: Path) -> tuple[dict[str, list[str]], dict[str, Counter]]:
    """Write raw pairs to `raw`; returns the file names by split, and the counts of changes."""
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
    """The sentences of a training file, without the lines of each talk's address and keywords."""
    return (
        (n, TAGS.sub("", line))
        for n, line in lines(path)
        if not any(tag in line for tag in DROPPED)
    )


def quoted(path: Path) -> Iterator[tuple[int, str]]:
    # the script replaces quotes in the test set only
    return ((n, line.replace("’", "'")) for n, line in segments(path))
