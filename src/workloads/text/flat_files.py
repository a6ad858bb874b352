"""Flat files of ids: <name>.bin has all sequences one after another, <name>.idx where each begins.

Ids are little-endian uint16 where the vocabulary fits, else uint32; <name>.idx has N + 1 int64.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy

from codist.errors import Refused

AT_ONCE = 2**20  # ids


def dtype_of(vocabulary: int) -> str:
    """The type of ids below `vocabulary`."""
    return "<u2" if vocabulary <= 2**16 else "<u4"


class FlatFile:
    """<name>.bin and <name>.idx while they are written, after the first `sequences` and `ids` of before.

    Any later content of the files is removed. Raises Refused if the files have fewer.
    """

    def __init__(self, folder: Path, name: str, dtype: str, sequences: int = 0, ids: int = 0):
        self.dtype, self.sequences, self.count = dtype, sequences, ids
        sizes = {".bin": numpy.dtype(dtype).itemsize * ids, ".idx": 8 * (sequences + 1)}
        paths = {folder / (name + suffix): size for suffix, size in sizes.items()}
        if sequences:
            for path, size in paths.items():
                refuse_shorter(path, size)
        self.ids, self.begins = (
            begun(path, size if sequences else 0) for path, size in paths.items()
        )
        if not sequences:
            self.begins.write(numpy.zeros(1, "<i8").tobytes())

    def append(self, sequences: Iterable[Sequence[int]]) -> None:
        """Add sequences, read once. Raises OverflowError at an id that the type cannot hold."""
        pending: list[numpy.ndarray] = []
        waiting = 0  # ids
        for sequence in sequences:
            pending.append(numpy.asarray(sequence, "i8"))
            waiting += len(sequence)
            if waiting >= AT_ONCE:
                self._write(pending)
                waiting = 0
        self._write(pending)

    def _write(self, pending: list[numpy.ndarray]) -> None:
        lengths = [len(sequence) for sequence in pending]
        ids = numpy.concatenate(pending) if pending else numpy.zeros(0, "i8")
        limits = numpy.iinfo(self.dtype)
        if len(ids) and not limits.min <= ids.min() <= ids.max() <= limits.max:
            raise OverflowError(
                f"expected ids from {limits.min} to {limits.max}, got {ids.min()} to {ids.max()}"
            )
        self.ids.write(ids.astype(self.dtype).tobytes())
        self.begins.write((self.count + numpy.cumsum(lengths)).astype("<i8").tobytes())
        self.sequences += len(lengths)
        self.count += len(ids)
        pending.clear()

    def sync(self) -> None:
        """Put all of it on the disk."""
        for file in (self.ids, self.begins):
            file.flush()
            os.fsync(file.fileno())

    def close(self) -> None:
        self.ids.close()
        self.begins.close()


def refuse_shorter(path: Path, size: int) -> None:
    if not path.is_file() or path.stat().st_size < size:
        raise Refused(
            f"{path}: expected {size:,} bytes or more; remove the folder {path.parent} and run this again"
        )


def begun(path: Path, size: int):
    """The file at `path` cut to its first `size` bytes, open for appending."""
    file = open(path, "r+b" if size else "wb")
    file.truncate(size)
    file.seek(size)
    return file


def write(
    folder: Path, name: str, sequences: Iterable[Sequence[int]], dtype: str
) -> tuple[int, int]:
    """Write <name>.bin and .idx; returns the numbers of sequences and ids. `sequences` is read once."""
    with closing(FlatFile(folder, name, dtype)) as file:
        file.append(sequences)
        file.sync()
    return file.sequences, file.count


def mapped(
    folder: Path, name: str, dtype: str, sequences: int, ids: int
) -> tuple[numpy.ndarray, numpy.ndarray]:
    """The ids of all sequences, (ids,), and the offsets of the sequences, (sequences + 1,), mapped.

    Raises Refused if a file is missing or has another size.
    """
    found = []
    for suffix, kind, count in ((".bin", dtype, ids), (".idx", "<i8", sequences + 1)):
        path, expected = folder / (name + suffix), numpy.dtype(kind).itemsize * count
        if not path.is_file() or path.stat().st_size != expected:
            raise Refused(
                f"{path}: expected a file of {expected:,} bytes; remove the folder and prepare again"
            )
        # a plain view: memmap's Python hooks run in each operation on what is read from it
        found.append(numpy.asarray(numpy.memmap(path, kind, "r")))
    return found[0], found[1]


def content(folder: Path) -> str:
    """The SHA-256 of all ids and the vocabulary, equal on two machines with equal corpora."""
    total = hashlib.sha256()
    for path in sorted([folder / "vocabulary.txt", *folder.glob("*.bin"), *folder.glob("*.idx")]):
        with open(path, "rb") as file:
            total.update(
                f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode()
            )
    return total.hexdigest()
