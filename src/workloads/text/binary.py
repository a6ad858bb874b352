"""Writing of prepared corpora for corpus.py: vocabulary, flat files of token ids, meta.json."""

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
# from a split and a language to the symbols of each sentence
Sentences = Callable[[str, str], Iterator[list[str]]]


def write(folder: Path, sentences: Sentences, most: int, meta: dict) -> None:
    """Write the vocabulary, the ids and, last, meta.json. `sentences` is called twice for train.

    The vocabulary has the `most` most frequent symbols of train in both languages, specials included
    (0: all), sorted by frequency, then by symbol, as in fairseq-preprocess --joined-dictionary.
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
        counted = {
            language: flat(folder, f"{split}.{language}", sentences(split, language), known, dtype)
            for language in LANGUAGES
        }
        if len({lines for lines, _, _ in counted.values()}) > 1 or not counted["de"][0]:
            raise Refused(
                f"{folder}: {split} has no pairs, or different numbers of lines in the two languages"
            )
        splits[split] = {
            "sentences": counted["de"][0],
            "tokens": {language: tokens for language, (_, tokens, _) in counted.items()},
            "unknown": {language: unknown for language, (_, _, unknown) in counted.items()},
        }
    written = {"dtype": dtype, "vocabulary": len(ordered) + len(SPECIAL), "splits": splits}
    written |= {"content": content(folder), **meta}
    write_atomically(folder / "meta.json", json.dumps(written, indent=1) + "\n")


def content(folder: Path) -> str:
    """The SHA-256 of all ids and the vocabulary, equal on two machines with equal corpora."""
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
    """Write <name>.bin and .idx. Returns the numbers of sentences, tokens and unknown tokens."""
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
