"""Batches of a data set: made here, or ahead of time by processes of their own."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch.utils.data import DataLoader, Dataset

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)


@contextmanager
def loaded(dataset: Dataset, batches: Iterable[list], collate, device: str, workers: int) -> Iterator[Iterator]:
    """Of each entry of `batches`, what `dataset` has at it; by `workers` processes, which end with the context."""
    loader = DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=collate,
        num_workers=workers,
        multiprocessing_context="fork" if workers else None,  # in a sweep's process it would be forkserver
        pin_memory=device != "cpu",
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # its processes inherit this: a stop is for us to answer
    try:
        ahead = iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield ahead
    finally:
        if workers:  # a trace would keep them, and at its end Python waits for them with a signal they block
            ahead._shutdown_workers()
