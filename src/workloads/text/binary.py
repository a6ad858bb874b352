"""Token ids onto the disk, in the form that corpus.py reads: vocabulary, flat files of ids, and what they hold."""

import hashlib
import json
import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy

from codist.disk import whole, write_atomically
from codist.errors import Refused
from workloads.text.corpus import LANGUAGES, SPLITS
from workloads.text.symbols import SPECIAL, UNKNOWN

AT_ONCE = 2**20  # ids
Sentences = Callable[
    [str, str], Iterator[list[str]]
]  # of a split and a language: each sentence's symbols


def write(folder: Path, sentences: Sentences, most: int, meta: dict) -> None:
    """Vocabulary, ids and, last, meta.json. `sentences` is asked for train twice, first to count.

    The vocabulary is that of train in both languages, by frequency, then by symbol, as
    fairseq-preprocess --joined-dictionary orders it; its `most` frequent symbols, specials included
    (0: all of them).
    """
    counts = Counter()
    for language in LANGUAGES:
        for symbols in sentences("train", language):
            counts.update(symbols)
    ordered = sorted(counts, key=lambda symbol: (-counts[symbol], symbol))[
        : most - len(SPECIAL) if most else None
    ]
    with whole(folder / "vocabulary.txt") as file:
        file.writelines(symbol + "\n" for symbol in ordered)
    known = {symbol: i for i, symbol in enumerate(ordered, len(SPECIAL))}
    dtype = "<u2" if len(known) + len(SPECIAL) <= 2**16 else "<i4"
    splits = {}
    for split in SPLITS:
        told = {
            language: flat(folder, f"{split}.{language}", sentences(split, language), known, dtype)
            for language in LANGUAGES
        }
        if len({lines for lines, _, _ in told.values()}) > 1 or not told["de"][0]:
            raise Refused(f"{folder}: {split} has no pairs, or not as many lines in both languages")
        splits[split] = {
            "sentences": told["de"][0],
            "tokens": {language: tokens for language, (_, tokens, _) in told.items()},
            "unknown": {language: unknown for language, (_, _, unknown) in told.items()},
        }
    told = {"dtype": dtype, "vocabulary": len(ordered) + len(SPECIAL), "splits": splits}
    told |= {"content": content(folder), **meta}
    write_atomically(folder / "meta.json", json.dumps(told, indent=1) + "\n")


def content(folder: Path) -> str:
    """The SHA-256 of all ids and the vocabulary: the same on two machines that read the very same corpus."""
    total = hashlib.sha256()
    for path in sorted([folder / "vocabulary.txt", *folder.glob("*.bin"), *folder.glob("*.idx")]):
        with open(path, "rb") as file:
            total.update(
                f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    return total.hexdigest()


def flat(
    folder: Path, name: str, sentences: Iterator[list[str]], known: dict, dtype: str
) -> tuple[int, int, int]:
    """Write <name>.bin and .idx. Gives sentences, tokens, and how many of these are unknown."""
    ids, begins, tokens, unknown = array("l"), array("q", [0]), 0, 0
    with open(folder / f"{name}.bin", "wb") as file:

        def spill():
            file.write(numpy.array(ids).astype(dtype).tobytes())
            del ids[:]

        for symbols in sentences:
            ids.extend([known.get(symbol, UNKNOWN) for symbol in symbols])
            unknown += sum(symbol not in known for symbol in symbols)
            tokens += len(symbols)
            begins.append(tokens)
            if len(ids) >= AT_ONCE:
                spill()
        spill()
        file.flush()
        os.fsync(file.fileno())
    with open(folder / f"{name}.idx", "wb") as file:
        file.write(numpy.array(begins).astype("<i8").tobytes())
        file.flush()
        os.fsync(file.fileno())
    return len(begins) - 1, tokens, unknown
