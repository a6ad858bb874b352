"""Exchange of weights: models learn from stale copies of each other (v1 §3, Anil et al. §2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codist.codecs import CODECS, WEIGHTS, Full, codec_of
from codist.errors import Refused
from codist.exchange.copies import Copies
from codist.exchange.no_exchange import NoExchange
from codist.exchange.periodic import PeriodicOptions, everyone

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass
class Options(PeriodicOptions):
    """Weights are sent every `period` updates."""

    sends = WEIGHTS
    alike = True

    kind: str = field(default="checkpoints", init=False)

    def check(self, run) -> None:
        super().check(run)
        if getattr(run.workload, "freeze", False):
            raise Refused(
                "exchange.kind=checkpoints runs stale copies in train mode, and workload.freeze needs the "
                "first layers in evaluation mode; set exchange.kind=predictions"
            )

    def scaled(self, by) -> Options:
        return replace(self, period=max(1, round(self.period / by.period)))

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: (n-1) b_model per exchange."""
        of = CODECS[self.codec].weights_bits
        weights = sum(of(run.workload.parameters(i)) for i in range(run.n)) / run.n
        return self.messages(run, updates) * weights

    def forward_passes(self, run) -> int:
        return 1 if run.sampling == "same" else run.n - 1

    def open(self, run, workload, world) -> Checkpoints:
        copies = [workload.network(j) for j in range(run.n)]
        codec = codec_of(self.codec, 0, run.workload.classes, run.distance)
        common = run.sampling == "same"
        return Checkpoints(
            world,
            self.period,
            copies,
            run.seed,
            common,
            codec,
            self.peers_of(run.n),
            rows=run.device_batch,
            burn_in=run.burn_in,
        )


class Checkpoints(NoExchange):
    """Sends weights every `period` updates; stale copies supply the peers' logits in between.

    One copy per model serves all its peers. Copies run in train mode (BatchNorm uses batch
    statistics), so only parameters are sent, and an exchange at every update equals an exchange of
    predictions. On a GPU the last bits differ, since a copy's weights are not in channels_last. In
    evaluation mode short periods diverged. The transfer overlaps with the forward passes of this
    process's own models.

    common: all models see the same minibatch, so a copy computes its logits once for all peers.
    rows, burn_in: of copies.py; weights are sent during the burn-in, too
    """

    def __init__(
        self,
        world,
        period: int,
        copies: list[nn.Module],
        seed: int,
        common: bool,
        codec: Full | None = None,
        peers: list[list[int]] | None = None,
        rows: int = 0,
        burn_in: int = 0,
    ):
        self.world, self.period, self.codec = world, period, codec or Full()
        networks = [
            without_statistics(world.place(copy)).train().requires_grad_(False) for copy in copies
        ]
        # one tensor to send per model, (b_model / 32,)
        self.weights = [flattened(network) for network in networks]
        self.peers = peers or everyone(world.n)
        self.copies = Copies(networks, self.peers, seed, common, world, rows, burn_in)
        self.arrive = lambda: None

    def begin(self, k, learners):
        import torch

        self.learners = learners
        if k % self.period:
            return
        with torch.no_grad():
            for j, model in learners.items():
                torch._foreach_copy_(
                    list(self.copies.networks[j].parameters()), list(model.network.parameters())
                )
            sent = [self.codec.encode(weights) for weights in self.weights]
        wait = self.world.share(sent, self.peers)

        def arrive():
            wait()
            for weights, received in zip(self.weights, sent, strict=True):
                if received is not weights:
                    weights.copy_(self.codec.decode(received))
            self.arrive = lambda: None

        self.arrive = arrive

    def others(self, k, part, batch, logits):
        self.arrive()
        return self.copies.others(k, part, batch, self.learners)

    def state(self):
        # collected from the owners: a rank receives its peers' weights only
        copies = self.world.collect({j: self.weights[j].cpu() for j in self.world.mine})
        return {"copies": [copies[j] for j in sorted(copies)]} | self.copies.state()

    def resume(self, state):
        for weights, saved in zip(self.weights, state["copies"], strict=True):
            weights.copy_(saved)
        self.copies.resume(state)


def flattened(network: nn.Module) -> Tensor:
    """Move the parameters of `network` into one tensor, of which they become views."""
    import torch

    parameters = list(network.parameters())
    weights = torch.cat([parameter.detach().flatten() for parameter in parameters])
    for parameter, part in zip(
        parameters, weights.split([p.numel() for p in parameters]), strict=True
    ):
        parameter.data = part.view_as(parameter)
    return weights


def without_statistics(network: nn.Module) -> nn.Module:
    """`network` without BatchNorm's running statistics, which are unused in train mode."""
    for module in network.modules():
        if getattr(module, "track_running_stats", False):
            vars(module)["track_running_stats"] = False
            for name in ("running_mean", "running_var", "num_batches_tracked"):
                module.register_buffer(name, None)
    return network
