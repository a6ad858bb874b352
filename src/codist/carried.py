"""The state that a network carries from one device batch to the next, such as an LSTM's.

A network with `carries = True` has forward(x, state=None), which returns the logits (N, C) and the
state after x, a tuple of tensors without gradient; None: zero state. fresh(rows) gives the zero
state of a device batch of so many rows. Other networks carry nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


class Carried:
    """The states of one network, of which the device batches of a part of the update form one stream.

    They are zero before the first update, and never reset. rows: of a device batch
    """

    def __init__(self, network: nn.Module, world, rows: int):
        self.world = world
        parts = range(world.shard, world.devices, world.shards)
        self.states: dict[int, tuple[Tensor, ...]] = (
            {part: network.fresh(rows) for part in parts} if carries(network) else {}  # type: ignore[operator]
        )

    def state(self) -> list[list[Tensor]]:
        """The states of all parts, on the CPU, equal in every placement; [] if nothing is carried.

        All shards of the model must call it together.
        """
        own = [[one.cpu() for one in state] for state in self.states.values()]
        return self.world.pool(own) if own else []

    def resume(self, saved: list[list[Tensor]]) -> None:
        """Restore what `state` returned."""
        own = saved[self.world.shard :: self.world.shards]
        for part, state in zip(self.states, own, strict=True):
            self.states[part] = tuple(one.to(self.world.device) for one in state)


class CarriedByCopies:
    """The states of stale copies: of[j, reader] is that of copy j on the minibatches of model `reader`.

    peers:  for each model those it learns from
    common: all models see the same minibatches; then `reader` is always 0
    """

    def __init__(
        self,
        copies,
        peers: Sequence[Sequence[int]] | Mapping[int, Sequence[int]],
        common: bool,
        world,
        rows: int,
    ):
        self.peers, self.world = peers, world
        self.readers = {i: 0 if common else i for i in world.mine}
        self.carry = any(carries(copies[j]) for i in self.readers for j in peers[i])
        self.of = {
            (j, reader): Carried(copies[j], world, rows)
            for i, reader in self.readers.items()
            for j in peers[i]
        }

    def state(self) -> dict[str, list]:
        """The states of the copies that each model learns from; {} if nothing is carried.

        All processes must call it together.
        """
        if not self.carry:
            return {}
        mine = {i: [self.of[j, r].state() for j in self.peers[i]] for i, r in self.readers.items()}
        found = self.world.collect(mine)
        return {"carried": [found[i] for i in sorted(found)]}

    def resume(self, state: dict) -> None:
        """Restore what `state` returned."""
        for i, reader in self.readers.items() if self.carry else ():
            for j, saved in zip(self.peers[i], state["carried"][i], strict=True):
                self.of[j, reader].resume(saved)


def carries(network: nn.Module) -> bool:
    return getattr(network, "carries", False)


def logits_of(network: nn.Module, x, carried: Carried | None = None, part: int = 0) -> Tensor:
    """The logits of `network` for x, (N, C).

    carried: continues from its state of `part`, and replaces it; None: from zero state
    """
    if carried and carried.states:
        logits, carried.states[part] = network(x, carried.states[part])
        return logits
    return network(x)[0] if carries(network) else network(x)
