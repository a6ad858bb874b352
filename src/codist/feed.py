"""The device batches of update k for this process: a function of (seed, k), with no state to save.

The order of epoch e is a permutation keyed by (seed, who, e). `workload.cut` cuts it into device
batches, and update k takes the next batch / device_batch of them. `who` is 0 for all models that
share minibatches, and i if model i samples independently. With `sampling: split` model i takes the
device batches i, n + i, ... of a minibatch n times as large. Augmentation is keyed too, so "the same
minibatch" means the same examples and the same crops.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import repeat

import torch
from torch import Tensor

from codist.gradients import in_order
from codist.keys import generator, seed_of
from codist.loading import loaded
from codist.workload import Batch, Draw


def feed(
    run, workload, world, first: int, last: int
) -> Iterator[tuple[int, dict[int, dict[int, Batch]]]]:
    """Yields (k, parts) for k in [first, last); parts: {part: {model i: Batch}} of this process's models."""
    parts = in_order(run.devices, world.shard, world.shards)
    streams = sorted({stream_of(run, i) for i in world.mine})
    order = Order(run, workload)
    draws = (
        order.draws(*order.position(who, k, part))
        for k in range(first, last)
        for part in parts
        for who in streams
    )
    with loaded(
        workload.train, draws, workload.collate, world.device, run.place.workers
    ) as batches:
        for k in range(first, last):
            update = {}
            for part in parts:
                drawn = {who: next(batches).to(world.device) for who in streams}
                update[part] = {i: drawn[stream_of(run, i)] for i in world.mine}
            yield k, update


def stream_of(run, i: int) -> int:
    return 0 if run.sampling == "same" else i


class Order:
    """The order of the examples in each epoch; the last few orders are cached."""

    def __init__(self, run, workload):
        self.run, self.workload = run, workload
        self.split = run.sampling == "split"
        self.devices = run.minibatch // run.device_batch
        self.epoch = lru_cache(maxsize=2 * run.n)(self._epoch)
        self.length = lru_cache(maxsize=None)(lambda who: len(self.epoch(who, 0)))

    def _epoch(self, who: int, e: int) -> Sequence[Tensor]:
        examples = self.mine(who)
        shuffled = torch.randperm(
            len(examples), generator=generator(self.run.seed, "order", who, e)
        )
        return self.workload.cut(examples[shuffled], self.run.device_batch, self.devices)

    def mine(self, who: int) -> Tensor:
        """All examples, or with `sampling: disjoint` the who-th n-th of them (Anil et al. §3.3.2).

        Documents, if the workload keeps their examples together.
        """
        everything = torch.arange(getattr(self.workload, "documents", len(self.workload.train)))
        if self.run.sampling != "disjoint":
            return everything
        shuffled = torch.randperm(len(everything), generator=generator(self.run.seed, "division"))
        return shuffled.tensor_split(self.run.n)[who]

    def position(self, who: int, k: int, part: int) -> tuple[int, int]:
        """The stream of a device batch of update k, and the number of device batches before it."""
        if self.split:  # all models read stream 0
            who, part = 0, part * self.run.n + who
        return who, k * self.devices + part

    def draws(self, who: int, nth: int) -> list[Draw]:
        """The nth device batch of stream `who`, counted from the start of training."""
        e, within = divmod(nth, self.length(who))
        seed = seed_of(self.run.seed, "augment", who, e)
        # Draw._make takes 0.1 us an example, Draw() 0.2
        return [*map(Draw._make, zip(self.epoch(who, e)[within].tolist(), repeat(seed)))]
