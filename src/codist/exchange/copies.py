"""Copies of networks that answer mini-batches: the logits that models learn from, without gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from codist.carried import CarriedByCopies
from codist.exchange.no_exchange import ALL, stacked
from codist.keys import reseed

if TYPE_CHECKING:
    from torch import nn


class Copies:
    """Networks that answer mini-batches, in the mode (train or evaluation) that their exchange set.

    peers:  for each model the copies it learns from
    common: all models see the same minibatch, so a copy computes its logits once for all its readers
    rows:   of a device batch. A copy that carries state has one for each model that reads its
            logits, from that model's minibatches; it keeps the state when fresh weights arrive.
    burn_in: updates at the start in which alpha is 0, so copies answer nothing; carried states begin
            after them
    """

    def __init__(
        self,
        networks: Sequence[nn.Module] | Mapping[int, nn.Module],
        peers: Sequence[Sequence[int]] | Mapping[int, Sequence[int]],
        seed: int,
        common: bool,
        world,
        rows: int = 0,
        burn_in: int = 0,
    ):
        self.networks, self.peers, self.seed, self.common = networks, peers, seed, common
        self.burn_in = burn_in
        self.carried = CarriedByCopies(networks, peers, common, world, rows)

    def others(self, k: int, part: Any, batch: dict, learners: dict) -> dict[int, tuple]:
        """{i: (ALL, (P, N, C))}: the logits of its P peers on model i's device batch of N examples.

        {} during the burn-in.

        Dropout of a copy has a key of its own, so it depends neither on the placement nor on who
        asked before.
        """
        import torch

        if k < self.burn_in:
            return {}
        found = {}
        with torch.no_grad():
            for i, model in learners.items():
                reader = self.reader(i)
                for j in self.peers[i]:
                    if (j, reader) not in found:
                        reseed(self.seed, "copy", j, reader, k, part)
                        found[j, reader] = model.answer(
                            self.networks[j], batch[i].x, self.carried.of[j, reader], part
                        )
            return {
                i: (ALL, stacked([found[j, self.reader(i)] for j in self.peers[i]]))
                for i in learners
            }

    def state(self) -> dict[str, list]:
        """The carried states, to be saved; {} if nothing is carried. All processes must call it together."""
        return self.carried.state()

    def resume(self, state: dict) -> None:
        """Restore what `state` returned."""
        self.carried.resume(state)

    def reader(self, i: int) -> int:
        """The model for which a copy answers model i's device batch; 0 if all have the same."""
        return 0 if self.common else i
