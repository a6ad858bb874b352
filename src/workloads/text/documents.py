"""Prepared documents as ids of word pieces, for language models. Needs no torch.

A folder has, for each split, e.g. train.bin (the ids of all documents, one after another) and
train.idx (their offsets), vocabulary.txt (one piece a line, by id: the special ones first) and,
written last, meta.json. Every document ends with END.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from codist.disk import whole, write_atomically
from codist.errors import Refused
from workloads.text import flat_files

# end of document, unknown; start and end of a sentence, of a paragraph: a corpus may lack the last four
SPECIAL = ("<eod>", "<unk>", "<s>", "</s>", "<p>", "</p>")
END, UNKNOWN, SENTENCE, SENTENCE_END, PARAGRAPH, PARAGRAPH_END = range(len(SPECIAL))


def write(
    folder: Path, split: str, documents: Iterable[Sequence[int]], vocabulary: int
) -> dict[str, int]:
    """Write <split>.bin and <split>.idx; returns the numbers of documents and pieces, for `finish`.

    documents   the ids of each, below `vocabulary`; read once
    Raises Refused if there is no document.
    """
    count, pieces = flat_files.write(folder, split, documents, flat_files.dtype_of(vocabulary))
    if not count:
        raise Refused(f"{folder}: expected documents for {split}, got none")
    return {"documents": count, "pieces": pieces}


def finish(folder: Path, vocabulary: Sequence[str], splits: dict[str, dict], meta: dict) -> None:
    """Write vocabulary.txt and, last, meta.json. `meta` has the folder's hash and what it is made of.

    splits   {split: what `write` returned}
    """
    with whole(folder / "vocabulary.txt") as file:
        file.writelines(piece + "\n" for piece in vocabulary)
    written = {"dtype": flat_files.dtype_of(len(vocabulary)), "vocabulary": len(vocabulary)}
    written |= {"splits": splits, "content": flat_files.content(folder), **meta}
    write_atomically(folder / "meta.json", json.dumps(written, indent=1) + "\n")


def sizes(folder: Path) -> str:
    """The sizes of a prepared folder in a few words. Raises Refused if it cannot be read."""
    meta = Documents(folder, "train").meta
    counts = [
        f"{split} {of['documents']:,} documents of {of['pieces']:,} pieces"
        for split, of in meta["splits"].items()
    ]
    return f"{', '.join(counts)}; {meta['vocabulary']:,} different pieces"


class Documents:
    """One split of a prepared folder.

    pieces       ids of all documents, mapped, (P,), uint16 or uint32
    begins       offsets of the documents in `pieces`, mapped, (D + 1,), int64; the last is P
    vocabulary   the number of pieces that there are, specials included
    meta         that of meta.json: hash, content (SHA-256 of all ids), dtype, splits, ...

    Raises Refused, in one line, if a file is missing, truncated or foreign.
    """

    def __init__(self, folder: Path, split: str):
        self.folder, self.split = Path(folder), split
        try:
            self.meta = json.loads((self.folder / "meta.json").read_text("utf-8"))
            self.vocabulary, dtype = int(self.meta["vocabulary"]), self.meta["dtype"]
            counts = {
                name: int(self.meta["splits"][split][name]) for name in ("documents", "pieces")
            }
            if dtype != flat_files.dtype_of(self.vocabulary) or min(counts.values()) < 1:
                raise ValueError(f"dtype {dtype}, {counts}")
        except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
            why = f"no {error} in meta.json" if isinstance(error, KeyError) else error
            raise Refused(
                f"{folder} has no prepared documents for {split} ({why}); run python -m workloads.prepare"
            ) from None
        self.pieces, self.begins = flat_files.mapped(
            self.folder, split, dtype, counts["documents"], counts["pieces"]
        )
        if (
            self.begins[0] != 0
            or self.begins[-1] != counts["pieces"]
            or (self.begins[1:] < self.begins[:-1]).any()
        ):
            raise Refused(
                f"{self.folder / split}.idx: expected offsets from 0 to {counts['pieces']:,}, ascending; "
                "remove the folder and prepare again"
            )

    def __reduce__(self):
        # loading processes get the path, not a copy of the ids
        return Documents, (self.folder, self.split)
