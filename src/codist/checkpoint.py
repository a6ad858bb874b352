"""What training resumes from: written, flushed, verified, renamed; the one before is kept.

A file is the SHA-256 of what follows, then a dict of tensors and numbers as torch.save writes it; it is loaded
with weights_only=True, which executes no code.
"""

import hashlib
import io
import os
from pathlib import Path

import torch

from codist.runlog import sync_folder

KEPT = 2  # the newest, and the one to fall back to should it be damaged


def save(folder: Path, update: int, state: dict) -> None:
    """Save `state` as that of `update`. Killed at any moment, the newest whole state before it is still there.

    Raises OSError where the disk did not keep what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getbuffer()
    fresh, path = folder / "fresh", folder / f"{update:012d}.pt"
    with open(fresh, "wb") as file:
        file.write(hashlib.sha256(content).digest())
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    if whole(fresh) is None:
        raise OSError(f"{fresh} does not hold what was written to it; is the disk full or failing?")
    os.replace(fresh, path)
    sync_folder(folder)
    for old in newest_first(folder)[KEPT:]:
        old.unlink()


def load(folder: Path, device: str, damaged=lambda path: None) -> dict | None:
    """The newest whole state in `folder`, None where there is none; damaged(path) is called for each passed over."""
    for path in newest_first(folder):
        content = whole(path)
        if content is not None:
            return torch.load(io.BytesIO(content), map_location=device, weights_only=True)
        damaged(path)
    return None


def newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.pt"), reverse=True)


def whole(path: Path) -> memoryview | None:
    """The content of a saved file, None where it is not what its digest says."""
    with open(path, "rb") as file:
        read = memoryview(file.read())
    return read[32:] if hashlib.sha256(read[32:]).digest() == read[:32] else None
