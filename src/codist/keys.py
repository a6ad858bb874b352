"""Keyed random draws: each depends only on its key, not on the process or the order of draws."""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def seed_of(*key: object) -> int:
    """A 63-bit seed from a key, e.g. seed_of(run.seed, "order", who, epoch)."""
    text = "/".join(map(str, key)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def generator(*key: object) -> torch.Generator:
    """A separate generator for `key`, which leaves torch's global generator untouched."""
    import torch

    return torch.Generator().manual_seed(seed_of(*key))


def reseed(*key: object) -> None:
    """Seed the global generators of torch, numpy and Python from `key`: dropout, initial weights."""
    import numpy
    import torch

    seed = seed_of(*key)
    # not torch.manual_seed, which queries every kind of device: 145 us per call
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    numpy.random.seed(seed % 2**32)
    random.seed(seed)


@contextlib.contextmanager
def generators_kept() -> Iterator[None]:
    """Give the global generators of torch, numpy and Python back as they were: `reseed` goes unnoticed."""
    import numpy
    import torch

    cards = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    of_numpy, of_python = numpy.random.get_state(), random.getstate()
    try:
        with torch.random.fork_rng(cards):
            yield
    finally:
        numpy.random.set_state(of_numpy)
        random.setstate(of_python)
