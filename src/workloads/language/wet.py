"""A crawl's WET files in word pieces: the data of Anil et al. (1804.03235), Common Crawl of June 2017.

They used all of it: 915 million documents, 673 billion pieces. A run reads 2.3 % of that, so only the
first files of the list are prepared. What they do not say is ours: which lines are paragraphs, what is
English (english.py), the hosts held out, the words that pieces were learned on, and that the six
pieces beyond 24,000 are SPECIAL of documents.py. Pages are not deduplicated.

PYTHONPATH=src python -m workloads.prepare crawl --files 1500
"""

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy

from codist.disk import whole
from codist.keys import seed_of
from codist.progress import progress
from workloads.language import crawl_files, warc
from workloads.language.english import english_paragraphs, sentences
from workloads.preparation import Preparation
from workloads.sources import Archive
from workloads.text import documents, word_pieces
from workloads.text.documents import END, PARAGRAPH, PARAGRAPH_END, SENTENCE, SENTENCE_END
from workloads.text.flat_files import dtype_of
from workloads.text.growing_documents import GrowingDocuments
from workloads.text.processes import in_order

HOST = re.compile(r"[a-z]+://([^/?#]*)", re.IGNORECASE)


@dataclass(frozen=True)
class Recipe:
    paragraph: int = 25  # words, at least: shorter lines are headings and menus
    english: float = 0.25  # share of function words, at least; English prose has 0.34 to 0.42
    learned_on: int = 1  # files that BPE is learned on, the first ones
    frequent: int = 5  # times that a word occurs in these, at least, for BPE to be learned on it
    merges: int = 25_000  # some give no piece of their own
    pieces: int = 24_006  # the most frequent ones, SPECIAL included
    held_out: int = 200  # one host of so many is never trained on, by a keyed draw
    valid: int = 2**20  # pieces of these hosts for validation, at least: those of the first files


def pages(recipe: Recipe, path: Path):
    """The split and the paragraphs of each English page of a WET file."""
    for uri, text in warc.texts(path):
        if paragraphs := english_paragraphs(text, recipe.paragraph, recipe.english):
            host = found[1].lower() if (found := HOST.match(uri)) else uri
            held_out = seed_of("crawl", "valid", host) % recipe.held_out == 0
            yield "valid" if held_out else "train", paragraphs


def learned(recipe: Recipe, work: Path, paths: list[Path]) -> tuple[str, list[str]]:
    """BPE codes and vocabulary, learned on the first files unless they are in `work`."""
    codes_file, pieces_file = work / "codes.txt", work / "vocabulary.txt"
    if not codes_file.exists():
        counts = Counter(
            word
            for path in progress("count words", paths[: recipe.learned_on])
            for split, paragraphs in pages(recipe, path)
            if split == "train"
            for paragraph in paragraphs
            for word in word_pieces.words(paragraph)
        )
        frequent = Counter({word: n for word, n in counts.items() if n >= recipe.frequent})
        codes = word_pieces.learn(frequent, recipe.merges)
        with whole(pieces_file) as file:
            found = word_pieces.vocabulary(codes, counts, recipe.pieces)
            file.writelines(piece + "\n" for piece in found)
        with whole(codes_file) as file:  # written last: it means that both are there
            file.write(codes)
    return codes_file.read_text("utf-8"), pieces_file.read_text("utf-8").split("\n")[:-1]


def make(recipe: Recipe, work: Path, paths: list[Path], processes: int, meta: dict) -> None:
    """Write the pages of all files as documents, going on after the last file that is complete."""
    codes, vocabulary = learned(recipe, work, paths)
    with (
        GrowingDocuments(work, len(vocabulary)) as grown,
        in_order(processes, _begin, recipe, codes, vocabulary) as mapped,
    ):
        results = mapped(_documents, paths[grown.done :])
        for found in progress("cut WET files", results, len(paths) - grown.done):
            valid = found["valid"] if grown.pieces("valid") < recipe.valid else []
            grown.add({"train": found["train"], "valid": valid})
    documents.finish(work, vocabulary, grown.splits(), meta)


def _begin(recipe: Recipe, codes: str, vocabulary: list[str]) -> None:
    global _recipe, _cutter, _dtype
    _recipe, _cutter = recipe, word_pieces.Cutter(codes, vocabulary)
    _dtype = dtype_of(len(vocabulary))


def _documents(path: Path) -> dict[str, list[numpy.ndarray]]:
    """The ids of the documents of one WET file, by split."""
    found = {"train": [], "valid": []}
    for split, paragraphs in pages(_recipe, path):
        ids = []
        for paragraph in paragraphs:
            ids.append(PARAGRAPH)
            for sentence in sentences(paragraph):
                ids += [SENTENCE, *_cutter.ids(sentence), SENTENCE_END]
            ids.append(PARAGRAPH_END)
        found[split].append(numpy.array([*ids, END], _dtype))
    return found


def preparation(recipe: Recipe) -> Preparation:
    return Preparation(
        "crawl",
        recipe,
        sources,
        partial(make, recipe),
        documents.sizes,
        tools=("subword-nmt",),
        options={"--files": {"type": int, "help": "the number of WET files to prepare"}},
    )


def sources(home: Path, archives: tuple[Archive, ...], files: int | None = None) -> tuple:
    """The WET files, and their SHA-256."""
    [listed] = archives
    return crawl_files.brought(home, listed, files)


CRAWL = preparation(Recipe())
