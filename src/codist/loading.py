"""Data loading: batches of a data set, loaded in this process or ahead of time by workers."""

import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from torch.utils.data import DataLoader, Dataset

from codist.errors import Lost

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)
STUCK = 600.0  # seconds without a batch after which workers count as stuck, even on a slow disk


@contextmanager
def loaded(
    dataset: Dataset,
    batches: Iterable[list],
    collate,
    device: str,
    workers: int,
    stuck: float = STUCK,
) -> Iterator[Iterator]:
    """Iterate over the batches that `dataset` gives for each entry of `batches`.

    workers: processes that load; they end with the context. Raises Lost if they deliver no batch
    for `stuck` seconds: a process forked while threads run, such as gloo's, may hang forever.
    """
    if not workers and device == "cpu":
        # DataLoader would do the same, at 3 % of the time of an update of a small language model
        yield (collate(examples(dataset, which)) for which in batches)
        return
    loader = DataLoader(
        dataset,
        batch_sampler=batches,
        collate_fn=collate,
        num_workers=workers,
        # the default in a sweep's process would be forkserver
        multiprocessing_context="fork" if workers else None,
        pin_memory=device != "cpu",
        timeout=stuck if workers else 0,
    )
    # workers inherit the blocked signals: only this process handles a stop
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
    try:
        loading = iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        yield raising_lost(loading, stuck)
    finally:
        # A traceback would keep the workers alive, and Python ends them by a signal that they block.
        if workers:
            loading._shutdown_workers()  # type: ignore[attr-defined]  # multi-process iterators have it


def examples(dataset: Dataset, which: list):
    """The examples `which`, all at once if the data set can give them so, as DataLoader asks it."""
    at_once = getattr(dataset, "__getitems__", None)
    return at_once(which) if at_once else [dataset[one] for one in which]


def raising_lost(loading: Iterator, stuck: float) -> Iterator:
    """The same batches; a timeout of the DataLoader is raised as Lost."""
    try:
        yield from loading
    except RuntimeError as error:
        if "DataLoader timed out" not in str(error):
            raise
        raise Lost(
            f"got no batch within {stuck:g} s from the data loading workers; the run resumes from its "
            "last checkpoint"
        ) from error
