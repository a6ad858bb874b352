"""Preparation steps shared by all corpora: Moses tokenization, cleaning, splitting, BPE."""

import contextlib
import io
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sacremoses import MosesTokenizer
from subword_nmt.apply_bpe import BPE
from subword_nmt.learn_bpe import learn_bpe

from codist.disk import whole
from codist.progress import progress
from workloads.text.corpus import LANGUAGES, SPLITS
from workloads.text.processes import in_order
from workloads.text.texts import lines

CHUNK = 500  # lines per task of a tokenization process


@dataclass(frozen=True)
class Recipe:
    """The options of preparation; with the sources' checksums they determine all that is written."""

    merges: int  # BPE operations, learned on train of both languages together
    longest: int  # maximum tokens of a training sentence, before BPE
    ratio: float  # maximum ratio of the tokens of a training pair
    lower: bool = False  # convert to lower case
    # every so many remaining training pairs one goes to valid; 0: valid has its own files
    every: int = 0
    symbols: int = 0  # maximum size of the vocabulary, specials included; 0: no limit

    def keeps(self, pair: tuple[str, str]) -> bool:
        """The criterion of Moses' clean-corpus-n.perl: 1 to `longest` tokens, at most `ratio`."""
        short, long = sorted(len(side.split()) for side in pair)
        return short >= 1 and long <= self.longest and long <= self.ratio * short


def tokenize(raw: Path, part: str, processes: int) -> None:
    """Write <part>.<language>.tok unless it exists: a million lines take ten minutes of one core."""
    for language in LANGUAGES:
        path, total = raw / f"{part}.{language}.tok", count(raw / f"{part}.{language}")
        if path.exists():
            continue
        text = (line for _, line in lines(raw / f"{part}.{language}"))
        spread = processes if total > CHUNK else 1
        with whole(path) as file, in_order(spread, _begin, language) as mapped:
            done = mapped(_tokenized, text, CHUNK)
            for line in progress(f"tokenize {part}.{language}", done, total):
                file.write(line + "\n")


def count(path: Path) -> int:
    """The number of lines: a second for some millions."""
    return sum(1 for _ in lines(path))


def _begin(language: str) -> None:
    global _tokenizer
    _tokenizer = MosesTokenizer(lang=language)


def _tokenized(line: str) -> str:
    """tokenizer.perl without options: & < > | [ ] and quotes are escaped; the detokenizer undoes that."""
    return " ".join(_tokenizer.tokenize(line, return_str=True).split())


def split(raw: Path, into: Path, parts: dict[str, list[str]], recipe: Recipe) -> Counter:
    """Write <split>.<language>.txt (raw) and .tok.txt; returns the number of dropped pairs.

    parts: the names of the raw files of each split.
    """
    counts, left = Counter(), 0
    with contextlib.ExitStack() as stack:
        files_of = [
            f"{s}.{language}{kind}.txt"
            for s in SPLITS
            for kind in ("", ".tok")
            for language in LANGUAGES
        ]
        files = {name: stack.enter_context(whole(into / name)) for name in files_of}
        for source_split, part in (
            (source_split, part) for source_split, names in parts.items() for part in names
        ):
            sides = [
                lines(raw / f"{part}.{language}{kind}")
                for kind in ("", ".tok")
                for language in LANGUAGES
            ]
            total = count(raw / f"{part}.{LANGUAGES[0]}")
            for row in progress(f"clean {part}", zip(*sides, strict=True), total):
                *text, de, en = (line for _, line in row)
                target_split = source_split
                if source_split == "train":
                    if not recipe.keeps((de, en)):
                        counts["too long or unequal"] += 1
                        continue
                    left += 1
                    target_split = "valid" if recipe.every and left % recipe.every == 0 else "train"
                tokens = (de.lower(), en.lower()) if recipe.lower else (de, en)
                for language, before, after in zip(LANGUAGES, text, tokens, strict=True):
                    files[f"{target_split}.{language}.txt"].write(before + "\n")
                    files[f"{target_split}.{language}.tok.txt"].write(after + "\n")
    return counts


def learn(folder: Path, merges: int) -> None:
    """Learn codes.txt on train in both languages, unless it exists."""
    if (folder / "codes.txt").exists():
        return
    paths = [folder / f"train.{language}.tok.txt" for language in LANGUAGES]
    text = (line for path in paths for _, line in lines(path))
    output = (
        contextlib.nullcontext()
        if sys.stderr.isatty()
        else contextlib.redirect_stderr(io.StringIO())
    )
    # subword-nmt prints its own progress bar, even into a log
    with whole(folder / "codes.txt") as file, output:
        learn_bpe(progress("count words", text, sum(map(count, paths))), file, merges)


class Cutter:
    """Applies BPE: the symbols of each line of <folder>/<split>.<language>.tok.txt."""

    def __init__(self, folder: Path):
        self.folder = folder
        with open(folder / "codes.txt", encoding="utf-8", newline="\n") as codes:
            self.bpe = BPE(codes)

    def __call__(self, part: str, language: str) -> Iterator[list[str]]:
        path = self.folder / f"{part}.{language}.tok.txt"
        return (
            self.bpe.segment_tokens(line.split())
            for _, line in progress(f"cut {part}.{language}", lines(path), count(path))
        )
