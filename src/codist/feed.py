"""Update k -> the device batches this process must run: a function of (seed, k), with no state to save.

Epoch e's order is a permutation keyed by (seed, who, e); `workload.cut` cuts it in device batches; update k takes the
next batch / device_batch of them. `who` is 0 for all models where they sample together, and i where model i draws for
itself: so "the same minibatch" means the same examples, and since augmentation is keyed too, the same crops.
"""

import signal
from collections.abc import Iterator
from functools import lru_cache

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from codist.keys import generator, seed_of
from codist.workload import Batch, Draw

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)


def feed(run, workload, world, first: int, last: int) -> Iterator[tuple[int, dict[int, dict[int, Batch]]]]:
    """For each update k in [first, last): k and its parts, {part: {model i: Batch}}, for the models that live here."""
    parts = range(world.shard, run.devices, world.shards)
    streams = sorted({stream_of(run, i) for i in world.mine})
    order = Order(run, workload)
    draws = (order.draws(who, k * run.devices + part) for k in range(first, last) for part in parts for who in streams)
    loader = DataLoader(
        workload.train,
        batch_sampler=draws,
        collate_fn=workload.collate,
        num_workers=run.place.workers,
        multiprocessing_context="fork" if run.place.workers else None,  # in a sweep's process it would be forkserver
        pin_memory=run.place.device != "cpu",
    )
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)  # its processes inherit this: a stop is for us to answer
    try:
        batches = iter(loader)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    try:
        for k in range(first, last):
            update = {}
            for part in parts:
                drawn = {who: next(batches).to(world.device) for who in streams}
                update[part] = {i: drawn[stream_of(run, i)] for i in world.mine}
            yield k, update
    finally:
        if run.place.workers:  # a trace would keep them, and at its end Python waits for them with a signal they block
            batches._shutdown_workers()


def stream_of(run, i: int) -> int:
    return 0 if run.sampling == "same" else i


class Order:
    """The order in which the examples come; the orders of the last few epochs are kept."""

    def __init__(self, run, workload):
        self.run, self.workload = run, workload
        self.epoch = lru_cache(maxsize=2 * run.n)(self._epoch)
        self.length = lru_cache(maxsize=None)(lambda who: len(self.epoch(who, 0)))

    def _epoch(self, who: int, e: int) -> list[Tensor]:
        examples = self.mine(who)
        shuffled = torch.randperm(len(examples), generator=generator(self.run.seed, "order", who, e))
        return self.workload.cut(examples[shuffled], self.run.device_batch)

    def mine(self, who: int) -> Tensor:
        """All examples, or with `sampling: disjoint` the who-th n-th of them (Anil et al. §3.3.2)."""
        everything = torch.arange(len(self.workload.train))
        if self.run.sampling != "disjoint":
            return everything
        shuffled = torch.randperm(len(everything), generator=generator(self.run.seed, "division"))
        return shuffled.tensor_split(self.run.n)[who]

    def draws(self, who: int, nth: int) -> list[Draw]:
        """The nth device batch of stream `who`, counted from the start of training."""
        e, within = divmod(nth, self.length(who))
        seed = seed_of(self.run.seed, "augment", who, e)
        return [Draw(index, seed) for index in self.epoch(who, e)[within].tolist()]
