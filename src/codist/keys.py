"""Every random draw is named by a key, so it does not matter which process draws it, or in which order."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seed_of(*key: object) -> int:
    """A 63-bit seed; distinct keys give independent seeds: seed_of(run.seed, "order", who, epoch)."""
    text = "/".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def generator(*key: object) -> torch.Generator:
    """A generator of its own for `key`, for draws that must not disturb torch's."""
    import torch

    return torch.Generator().manual_seed(seed_of(*key))


def reseed(*key: object) -> None:
    """Start torch's, numpy's and Python's generators afresh from `key`: dropout, initial weights."""
    import numpy
    import torch

    seed = seed_of(*key)
    torch.default_generator.manual_seed(
        seed
    )  # torch.manual_seed asks for every kind of device: 145 us each time
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    numpy.random.seed(seed % 2**32)
    random.seed(seed)
