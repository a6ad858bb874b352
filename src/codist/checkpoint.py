"""Checkpoints: written, flushed, verified, then renamed; the previous one is kept.

A file holds a SHA-256 digest, then the output of torch.save for a dict of tensors and numbers. It
is loaded with weights_only=True, which executes no code.
"""

import hashlib
import io
import os
from pathlib import Path

import torch

from codist.disk import sync_folder
from codist.errors import Unusable
from codist.states import newest_first, state_of

KEPT = 2  # the newest, and the previous one as a fallback if the newest is damaged


def save(folder: Path, update: int, state: dict) -> None:
    """Save `state` as the checkpoint of `update`. A kill at any moment leaves the previous one intact.

    Raises OSError if the file does not read back as written.
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
    if verified_content(fresh) is None:
        raise OSError(
            f"{fresh} does not read back as written; check whether the disk is full or failing"
        )
    os.replace(fresh, path)
    sync_folder(folder)
    for old in newest_first(folder)[KEPT:]:
        old.unlink()


def read(path: Path) -> dict:
    """Load the state in a file, on the CPU. Raises Unusable if the file is corrupt or holds no state."""
    content = verified_content(path)
    if content is None:
        raise Unusable("its content does not match its SHA-256")
    try:
        state = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many undocumented types, depending on the bytes
        raise Unusable(f"torch cannot load its content, {type(error).__name__}") from error
    if not isinstance(state, dict):
        raise Unusable(f"expected a dict, got {type(state).__name__}")
    return state


def load(folder: Path, update: int) -> dict:
    """Load the checkpoint of `update`, on the CPU. Raises OSError if the file is corrupt."""
    content = verified_content(state_of(folder, update))
    if content is None:
        raise OSError(
            f"{state_of(folder, update)} is damaged, or not yet fully visible on this node; start again"
        )
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def digest(folder: Path, update: int) -> str:
    """The SHA-256 of the checkpoint of `update`, in hex, which identifies it."""
    with open(state_of(folder, update), "rb") as file:
        return file.read(32).hex()


def verified_content(path: Path) -> memoryview | None:
    """The content of a checkpoint file; None if it does not match its digest."""
    with open(path, "rb") as file:
        read = memoryview(file.read())
    return read[32:] if hashlib.sha256(read[32:]).digest() == read[:32] else None
