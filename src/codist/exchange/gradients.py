"""Gradients averaged at every update: an all_reduce between n workers, each with a part of the minibatch."""

from __future__ import annotations

from dataclasses import dataclass, field

from codist.exchange.no_exchange import NoExchange
from codist.exchange.one_model import AllReduceOptions, average, gradients_of


@dataclass
class Options(AllReduceOptions):
    """All workers take the update of their mean gradient.

    With sampling=split they train what n=1 trains on the whole minibatch, to the bit if n is a power
    of two. Each worker keeps BatchNorm statistics of its own part, as a rank does under DDP.
    """

    kind: str = field(default="gradients", init=False)

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: 2 b_model per update (v2 §3)."""
        return updates * 2 * 32 * run.workload.parameters(0)

    def open(self, run, workload, world) -> MeanGradients:
        return MeanGradients(world)


class MeanGradients(NoExchange):
    """Replaces each worker's gradient by the mean of all."""

    def __init__(self, world):
        self.world = world

    def gradients(self, k, learners):
        average(self.world, {i: gradients_of(model) for i, model in learners.items()})
