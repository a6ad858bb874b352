"""What training resumes from: written, flushed, verified, renamed; the one before is kept.

A file is the SHA-256 of what follows, then a dict of tensors and numbers as torch.save writes it;
it is loaded with weights_only=True, which executes no code.
"""

import hashlib
import io
import os
from pathlib import Path

import torch

from codist.disk import sync_folder
from codist.errors import Unusable
from codist.states import newest_first, state_of

KEPT = 2  # the newest, and the one to fall back to should it be damaged


def save(folder: Path, update: int, state: dict) -> None:
    """Save `state` as that of `update`. Killed at any moment, the newest whole state before it is still there.

    Raises OSError where the disk did not keep what was written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    content = buffer.getbuffer()
    fresh, path = folder / "fresh", state_of(folder, update)
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


def read(path: Path) -> dict:
    """The state in a file, on the CPU. Raises Unusable where the file is not what was saved, or holds no state."""
    content = whole(path)
    if content is None:
        raise Unusable("its content does not match its SHA-256")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (
        Exception
    ) as error:  # which one depends on the bytes: torch raises many kinds, and documents none
        raise Unusable(f"torch cannot load its content, {type(error).__name__}") from error
    if not isinstance(state, dict):
        raise Unusable(f"expected a dict, got {type(state).__name__}")
    return state


def load(folder: Path, update: int) -> dict:
    """The state of `update`, on the CPU. Raises OSError where the file is not what was saved."""
    content = whole(state_of(folder, update))
    if content is None:
        raise OSError(
            f"{state_of(folder, update)} is damaged, or not yet seen whole here; start again"
        )
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def digest(folder: Path, update: int) -> str:
    """The SHA-256 that the state of `update` stands behind, in hex: which save it is."""
    with open(state_of(folder, update), "rb") as file:
        return file.read(32).hex()


def whole(path: Path) -> memoryview | None:
    """The content of a saved file, None where it is not what its digest says."""
    with open(path, "rb") as file:
        read = memoryview(file.read())
    return read[32:] if hashlib.sha256(read[32:]).digest() == read[:32] else None
