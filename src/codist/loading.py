"""Batches of a data set: made here, or ahead of time by processes of their own."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch.utils.data import DataLoader, Dataset

from codist.errors import Lost

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)
STUCK = 600.0  # seconds for a batch, on however slow a disk


@contextmanager
def loaded(
    dataset: Dataset,
    batches: Iterable[list],
    collate,
    device: str,
    workers: int,
    stuck: float = STUCK,
) -> Iterator[Iterator]:
    """Of each entry of `batches`, what `dataset` has at it; by `workers` processes, which end with the context.

    Raises Lost where no batch comes from them for `stuck` seconds: a process that is forked where
    threads are at work, as those of gloo are, may hang for ever.
    """
    loader = DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=collate,
        num_workers=workers,
        multiprocessing_context="fork"
        if workers
        else None,  # in a sweep's process it would be forkserver
        pin_memory=device != "cpu",
        timeout=stuck if workers else 0,
    )
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, STOPS
    )  # its processes inherit this: a stop is for us to answer
    try:
        ahead = iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield given_up(ahead, stuck)
    finally:
        if (
            workers
        ):  # a trace would keep them, and at its end Python waits for them with a signal they block
            ahead._shutdown_workers()  # type: ignore[attr-defined]  # of the iterator that has workers


def given_up(ahead: Iterator, stuck: float) -> Iterator:
    try:
        yield from ahead
    except RuntimeError as error:
        if "DataLoader timed out" not in str(error):
            raise
        raise Lost(
            f"no batch came within {stuck:g} s from the processes that load; the run goes on from its last "
            "save"
        ) from error
