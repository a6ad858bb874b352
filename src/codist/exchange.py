"""What the models tell each other: nothing, their predictions, or their weights. No gradient passes here.

`begin` is called once an update, before any forward; `others` once a device batch, and gives for each model i that
lives here (where, said): which M of its N rows it should learn to predict, an index, and what its P peers said there,
(P, M, C) logits. A model that has no entry learns from its labels alone.
"""

import torch
from torch import Tensor, nn

from codist.codecs import Full, lost
from codist.keys import generator, reseed

ALL = slice(None)  # rows


class Nothing:
    """Independent training; with n = 1 plain data parallelism, the papers' all_reduce."""

    def begin(self, k: int, learners: dict) -> None: ...

    def others(self, k: int, part: int, batch: dict, logits: dict[int, Tensor]) -> dict[int, tuple]:
        return {}

    def state(self) -> dict:
        return {}

    def resume(self, state: dict) -> None: ...


class Predictions(Nothing):
    """Logits travel every `period` updates; in between the penalty is left out (v2 §3).

    All models see the same minibatch, so that f_j(x) is what model j has computed anyway. What a lossy codec loses of
    the rows that travel is logged beside the losses, as codec_error (codecs.lost).

    positions: one row in so many travels, at least one. Which, is drawn anew for each device batch by a key that does
    not name the model: all speak of the same rows and no index travels. On average D over them is D over all rows.
    """

    def __init__(self, world, period: int, codec: Full | None = None, peers: list[list[int]] | None = None,
                 positions: int = 1, seed: int = 0):  # fmt: skip
        self.world, self.period, self.codec = world, period, codec or Full()
        self.positions, self.seed = positions, seed
        self.peers = peers or everyone(world.n)
        self.learners = {}  # who keeps a log: none in a loop that never begins (codist.peers)

    def begin(self, k, learners):
        self.learners = learners

    @torch.no_grad()
    def others(self, k, part, batch, logits):
        if k % self.period:
            return {}
        where = self.drawn(k, part, next(iter(logits.values())))
        said = {i: self.codec.encode(mine.detach()[where]) for i, mine in logits.items()}
        like = next(iter(said.values()))
        said = [said[j] if j in said else torch.empty_like(like) for j in range(self.world.n)]
        self.world.share(said, self.peers, part)()
        heard = {j: self.codec.decode(said[j]) for i in logits for j in (i, *self.peers[i])}
        if self.codec.lossy:
            for i, model in self.learners.items():
                model.saw("codec_error", lost(logits[i][where], heard[i]))
        return {i: (where, torch.stack([heard[j] for j in self.peers[i]])) for i in logits}

    def drawn(self, k: int, part: int | tuple[int, int], logits: Tensor) -> slice | Tensor:
        """The rows that travel: (M,) places, M = ceil(N / positions), or all of them.

        part: the device batch; where k may come again, with a checksum of what is in it.
        """
        if self.positions == 1:
            return ALL
        rows = torch.randperm(len(logits), generator=generator(self.seed, "positions", k, part))
        return rows[: -(-len(rows) // self.positions)].to(logits.device)


class Checkpoints(Nothing):
    """Weights travel every `period` updates; in between a model asks its stale copies of the others (v1 §3, Anil §2).

    One copy per model serves all its peers. It answers in train mode (BatchNorm by batch): then an exchange at every
    update equals an exchange of predictions, and only parameters need to travel; on a GPU but for the last bits, where
    a copy's weights are not in channels_last. In evaluation mode short periods diverged. The weights are on their way
    while this process's own models run forward.

    common: all models see the same minibatch, so a copy is asked once, not once for each peer.
    """

    def __init__(self, world, period: int, copies: list[nn.Module], seed: int, common: bool,
                 codec: Full | None = None, peers: list[list[int]] | None = None):  # fmt: skip
        self.world, self.period, self.seed, self.common, self.codec = world, period, seed, common, codec or Full()
        self.copies = [without_statistics(world.place(copy)).train().requires_grad_(False) for copy in copies]
        self.weights = [flattened(copy) for copy in self.copies]  # (b_model / 32,) each, one tensor to send
        self.peers = peers or everyone(world.n)
        self.arrive = lambda: None

    @torch.no_grad()
    def begin(self, k, learners):
        self.learners = learners
        if k % self.period:
            return
        for j, model in learners.items():
            torch._foreach_copy_(list(self.copies[j].parameters()), list(model.network.parameters()))
        said = [self.codec.encode(weights) for weights in self.weights]
        wait = self.world.share(said, self.peers)

        def arrive():
            wait()
            for weights, one in zip(self.weights, said, strict=True):
                if one is not weights:
                    weights.copy_(self.codec.decode(one))
            self.arrive = lambda: None

        self.arrive = arrive

    @torch.no_grad()
    def others(self, k, part, batch, logits):
        self.arrive()
        answers = {}
        for i, model in self.learners.items():
            who = 0 if self.common else i
            for j in self.peers[i]:
                if (j, who) not in answers:
                    reseed(self.seed, "copy", j, who, k, part)
                    answers[j, who] = model.answer(self.copies[j], batch[i].x)
        return {i: (ALL, torch.stack([answers[j, 0 if self.common else i] for j in self.peers[i]])) for i in logits}

    def state(self):
        copies = self.world.collect({j: self.weights[j].cpu() for j in self.world.mine})  # a model hears not all others
        return {"copies": [copies[j] for j in sorted(copies)]}

    def resume(self, state):
        for weights, saved in zip(self.weights, state["copies"], strict=True):
            weights.copy_(saved)


def flattened(network: nn.Module) -> Tensor:
    """One tensor that `network`'s parameters become views of."""
    parameters = list(network.parameters())
    weights = torch.cat([parameter.detach().flatten() for parameter in parameters])
    for parameter, part in zip(parameters, weights.split([p.numel() for p in parameters]), strict=True):
        parameter.data = part.view_as(parameter)
    return weights


def without_statistics(network: nn.Module) -> nn.Module:
    """`network` without BatchNorm's running statistics, which nobody reads of a network that stays in train mode."""
    for module in network.modules():
        if getattr(module, "track_running_stats", False):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None
    return network


class Constant(Nothing):
    """A fixed distribution answers for the peers: label smoothing as Anil et al. compare with (§3.3).

    log_p: (C,), uniform or the classes' frequencies.
    """

    def __init__(self, log_p: Tensor):
        self.log_p = log_p

    def others(self, k, part, batch, logits):
        return {i: (ALL, self.log_p.expand(1, *logits[i].shape)) for i in logits}


def everyone(n: int) -> list[list[int]]:
    """For each model the others, all of them."""
    return [[j for j in range(n) if j != i] for i in range(n)]
