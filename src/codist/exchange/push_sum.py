"""Stochastic gradient push (Assran et al. 2019): each worker sends half of itself to one other per update."""

from __future__ import annotations

from dataclasses import dataclass, field

from codist.errors import Refused
from codist.exchange.no_exchange import NoExchange
from codist.exchange.one_model import WorkerOptions, average, fill, flat, statistics_of, weights_of


@dataclass
class Options(WorkerOptions):
    """Workers on a directed exponential graph: at update k, i sends to i + 2^(k mod log2 n)."""

    kind: str = field(default="push_sum", init=False)

    def check(self, run) -> None:
        super().check(run)
        if run.n < 4 or run.n & (run.n - 1):
            raise Refused(
                f"exchange.kind=push_sum needs n=4, 8, 16, ... workers, got n={run.n}; with n=2 set "
                "exchange.kind=weights, which is the same"
            )

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: the weights and their share to one worker per update, an all_reduce at the end."""
        return self.pushed_bits(run, updates) + self.last_bits(run, updates)

    def server_bits(self, run, updates: int) -> float:
        pushed = self.pushed_bits(run, updates) * run.devices / run.servers
        return pushed + self.last_bits(run, updates)

    def wire_bits(self, run, updates: int) -> float:
        last = self.last_bits(run, updates) * (run.n - 1) / run.n
        return self.pushed_bits(run, updates) + last

    def pushed_bits(self, run, updates: int) -> float:
        return 32 * updates * (run.workload.parameters(0) + 1)

    def last_bits(self, run, updates: int) -> float:
        """Bits of the all_reduce after the last update (v2 §3)."""
        statistics = getattr(run.workload, "statistics", lambda i: 0)(0)
        of_model = 32 * (run.workload.parameters(0) + statistics)
        return 2 * of_model if updates == run.updates else 0

    def open(self, run, workload, world) -> PushSum:
        return PushSum(world)


class PushSum(NoExchange):
    """Push-sum: worker i holds x_i and a share w_i, and trains with z_i = x_i / w_i.

    The shares sum to n. On this graph each worker also hears one other, so all shares stay 1.
    """

    def __init__(self, world):
        self.world = world
        self.shares = dict.fromkeys(world.mine, 1.0)

    def end(self, k, learners):
        import torch

        networks = {i: weights_of(model) for i, model in learners.items()}
        halves = {
            i: torch.cat([flat(network), torch.ones_like(network[0].detach().flatten()[:1])])
            * (self.shares[i] / 2)
            for i, network in networks.items()
        }
        like, n = next(iter(halves.values())), self.world.n
        step = 2 ** (k % (n.bit_length() - 1))
        senders = [[(i - step) % n] for i in range(n)]
        sent = [halves.get(j, torch.empty_like(like)) for j in range(n)]
        self.world.share(sent, senders)()
        for i, network in networks.items():
            total = halves[i] + sent[senders[i][0]]
            self.shares[i] = float(total[-1])
            fill(network, total[:-1] / total[-1])

    def finish(self, learners):
        """All workers become their mean."""
        for of in (weights_of, statistics_of):
            average(self.world, {i: of(model) for i, model in learners.items()})

    def state(self):
        shares = self.world.collect(self.shares)
        return {"shares": [shares[i] for i in sorted(shares)]}

    def resume(self, state):
        self.shares = {i: state["shares"][i] for i in self.shares}
