"""Sentences in pieces: tokenized as Moses does, cleaned, split, cut by BPE. What the recipes of all corpora share."""

import contextlib
import io
import multiprocessing
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from sacremoses import MosesTokenizer
from subword_nmt.apply_bpe import BPE
from subword_nmt.learn_bpe import learn_bpe

from codist.disk import whole
from workloads.text.corpus import LANGUAGES, SPLITS
from workloads.text.texts import lines

CHUNK = 500  # lines that a process tokenizes at once


@dataclass(frozen=True)
class Recipe:
    """How raw pairs become token ids; with the sources' checksums it decides all that is written."""

    merges: int  # BPE operations, learned on train of both languages together
    longest: int  # tokens, before BPE, of a training sentence
    ratio: float  # tokens of the longer to those of the shorter, at most, in a training pair
    lower: bool = False  # in lower case?
    # each so-manieth of the training pairs that are left is to validate; 0: valid has files of its
    # own
    every: int = 0
    symbols: int = 0  # in the vocabulary, specials included, at most; 0: all

    def keeps(self, pair: tuple[str, str]) -> bool:
        """Moses' clean-corpus-n.perl, 1 to `longest`."""
        short, long = sorted(len(side.split()) for side in pair)
        return short >= 1 and long <= self.longest and long <= self.ratio * short


def shown(steps: Iterable, said: str, total: int | None = None) -> Iterator:
    """`steps`, with a progress bar where somebody looks."""
    console = Console(stderr=True)
    return track(steps, said, total=total, console=console, disable=not console.is_terminal)


def tokenize(raw: Path, part: str, processes: int) -> None:
    """<part>.<language>.tok of <part>.<language>, once: a million lines take ten minutes of a core."""
    for language in LANGUAGES:
        path, total = (
            raw / f"{part}.{language}.tok",
            sum(1 for _ in lines(raw / f"{part}.{language}")),
        )
        if path.exists():
            continue
        text = (line for _, line in lines(raw / f"{part}.{language}"))
        with contextlib.ExitStack() as stack:
            file = stack.enter_context(whole(path))
            if processes > 1 and total > CHUNK:
                pool = stack.enter_context(multiprocessing.Pool(processes, _work, [language]))
                done = pool.imap(_tokenized, text, CHUNK)
            else:
                _begin(language)
                done = map(_tokenized, text)
            for line in shown(done, f"tokenize {part}.{language}", total):
                file.write(line + "\n")


def _work(language: str) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for the one that waits: it ends the others
    _begin(language)


def _begin(language: str) -> None:
    global _tokenizer
    _tokenizer = MosesTokenizer(lang=language)


def _tokenized(line: str) -> str:
    """As tokenizer.perl without options: & < > | [ ] and quotes are escaped, which detokenizing undoes."""
    return " ".join(_tokenizer.tokenize(line, return_str=True).split())


def split(raw: Path, into: Path, parts: dict[str, list[str]], recipe: Recipe) -> Counter:
    """<split>.<language>.txt (raw) and .tok.txt of the parts of each split; gives how many pairs were dropped."""
    counts, left = Counter(), 0
    with contextlib.ExitStack() as stack:
        files_of = [
            f"{s}.{language}{kind}.txt"
            for s in SPLITS
            for kind in ("", ".tok")
            for language in LANGUAGES
        ]
        files = {name: stack.enter_context(whole(into / name)) for name in files_of}
        for where, part in ((where, part) for where, names in parts.items() for part in names):
            sides = [
                lines(raw / f"{part}.{language}{kind}")
                for kind in ("", ".tok")
                for language in LANGUAGES
            ]
            for row in shown(zip(*sides, strict=True), f"clean {part}"):
                *text, de, en = (line for _, line in row)
                to = where
                if where == "train":
                    if not recipe.keeps((de, en)):
                        counts["too long or unequal"] += 1
                        continue
                    left += 1
                    to = "valid" if recipe.every and left % recipe.every == 0 else "train"
                tokens = (de.lower(), en.lower()) if recipe.lower else (de, en)
                for language, before, after in zip(LANGUAGES, text, tokens, strict=True):
                    files[f"{to}.{language}.txt"].write(before + "\n")
                    files[f"{to}.{language}.tok.txt"].write(after + "\n")
    return counts


def learn(folder: Path, merges: int) -> None:
    """codes.txt, learned on train in both languages, once."""
    if (folder / "codes.txt").exists():
        return
    text = (
        line for language in LANGUAGES for _, line in lines(folder / f"train.{language}.tok.txt")
    )
    said = (
        contextlib.nullcontext()
        if sys.stderr.isatty()
        else contextlib.redirect_stderr(io.StringIO())
    )
    with (
        whole(folder / "codes.txt") as file,
        said,
    ):  # subword-nmt draws a bar of its own, also into a log
        learn_bpe(shown(text, "count words"), file, merges)


class Cutter:
    """Symbols of each line of <folder>/<split>.<language>.tok.txt."""

    def __init__(self, folder: Path):
        self.folder = folder
        with open(folder / "codes.txt", encoding="utf-8", newline="\n") as codes:
            self.bpe = BPE(codes)

    def __call__(self, part: str, language: str) -> Iterator[list[str]]:
        text = lines(self.folder / f"{part}.{language}.tok.txt")
        return (
            self.bpe.segment_tokens(line.split())
            for _, line in shown(text, f"cut {part}.{language}")
        )
