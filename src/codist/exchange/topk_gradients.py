"""Sparse gradients: each worker sends the largest entries, and keeps the rest for its next gradient.

Error feedback as in Stich et al. (2018), "Sparsified SGD with Memory".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil

from codist.errors import Refused
from codist.exchange.no_exchange import NoExchange
from codist.exchange.one_model import WorkerOptions, fill, flat, gradients_of
from codist.exchange.periodic import everyone

ENTRY = 64  # bits: a value in fp32 and its position


@dataclass
class Options(WorkerOptions):
    """Each worker sends the share `keep` of its gradient's entries, those of largest magnitude."""

    alike = True

    kind: str = field(default="topk_gradients", init=False)
    keep: float = 0.01

    def check(self, run) -> None:
        super().check(run)
        if not 0 < self.keep <= 1:
            raise Refused(f"exchange.keep must be above 0 and at most 1, got {self.keep:g}")

    def entries(self, weights: int) -> int:
        """Entries sent, of so many weights."""
        return ceil(self.keep * weights)

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: (n-1) messages per update, since the workers keep different entries."""
        return updates * (run.n - 1) * ENTRY * self.entries(run.workload.parameters(0))

    def open(self, run, workload, world) -> TopKGradients:
        weights = run.workload.parameters(0)
        return TopKGradients(world, weights, self.entries(weights))


class TopKGradients(NoExchange):
    """weights: their number, W. entries: sent by each worker at each update."""

    def __init__(self, world, weights: int, entries: int):
        import torch

        self.world, self.entries, self.peers = world, entries, everyone(world.n)
        # of each model, what was not sent yet, (W,)
        self.missed = {i: torch.zeros(weights, device=world.device) for i in world.mine}

    def gradients(self, k, learners):
        import torch

        gradients = {i: gradients_of(model) for i, model in learners.items()}
        messages = {}
        for i, of_model in gradients.items():
            whole = self.missed[i] + flat(of_model)
            positions = whole.abs().topk(self.entries).indices
            values = whole[positions]
            whole[positions] = 0.0
            self.missed[i] = whole
            messages[i] = torch.cat([positions.int(), values.view(torch.int32)])
        like = next(iter(messages.values()))
        sent = [messages.get(j, torch.empty_like(like)) for j in range(self.world.n)]
        self.world.share(sent, self.peers)()
        mean = torch.zeros_like(next(iter(self.missed.values())))
        for message in sent:  # in the order of the models, in every placement
            positions, values = message.view(2, -1)
            mean.index_add_(0, positions, values.view(torch.float32))
        mean /= self.world.n
        for of_model in gradients.values():
            fill(of_model, mean)

    def state(self):
        missed = self.world.collect({i: one.cpu() for i, one in self.missed.items()})
        return {"missed": [missed[i] for i in sorted(missed)]}

    def resume(self, state):
        self.missed = {i: state["missed"][i].to(self.world.device) for i in self.missed}
