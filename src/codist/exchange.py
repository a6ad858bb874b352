"""What the models tell each other: nothing, their predictions, or their weights. No gradient passes here.

`begin` is called once an update, before any forward; `others` once a device batch, and gives for each model i that
lives here what it should learn to predict: (P, N, C), one row of logits for each of P peers. A model that has no
entry learns from its labels alone.
"""

import torch
from torch import Tensor, nn

from codist.keys import reseed


class Nothing:
    """Independent training; with n = 1 plain data parallelism, the papers' all_reduce."""

    def begin(self, k: int, learners: dict) -> None: ...

    def others(self, k: int, part: int, batch: dict, logits: dict[int, Tensor]) -> dict[int, Tensor]:
        return {}

    def state(self) -> dict:
        return {}

    def resume(self, state: dict) -> None: ...


class Predictions(Nothing):
    """Logits travel every `period` updates; in between the penalty is left out (v2 §3).

    All models see the same minibatch, so that f_j(x) is what model j has computed anyway.
    """

    def __init__(self, world, period: int):
        self.world, self.period = world, period
        self.peers = peers_of(world.n)

    def others(self, k, part, batch, logits):
        if k % self.period:
            return {}
        like = next(iter(logits.values()))
        said = torch.stack([logits[j].detach() if j in logits else torch.empty_like(like) for j in range(self.world.n)])
        for j in range(self.world.n):
            self.world.share(j, said[j], part)
        return {i: said[self.peers[i]] for i in logits}


class Checkpoints(Nothing):
    """Weights travel every `period` updates; in between a model asks its stale copies of the others (v1 §3, Anil §2).

    One copy per model serves all its peers. It answers in train mode (BatchNorm by batch): then an exchange at every
    update equals an exchange of predictions, and only parameters need to travel. In evaluation mode short periods
    diverged.

    common: all models see the same minibatch, so a copy is asked once, not once for each peer.
    """

    def __init__(self, world, period: int, copies: list[nn.Module], seed: int, common: bool):
        self.world, self.period, self.seed, self.common = world, period, seed, common
        self.copies = [without_statistics(world.wrap(copy)).train().requires_grad_(False) for copy in copies]
        self.peers = peers_of(world.n)

    @torch.no_grad()
    def begin(self, k, learners):
        if k % self.period:
            return
        for j, copy in enumerate(self.copies):
            if j in learners:
                torch._foreach_copy_(list(copy.parameters()), list(learners[j].network.parameters()))
            for parameter in copy.parameters():
                self.world.share(j, parameter)

    @torch.no_grad()
    def others(self, k, part, batch, logits):
        answers = {}
        for i in logits:
            who = 0 if self.common else i
            for j in self.peers[i]:
                if (j, who) not in answers:
                    reseed(self.seed, "copy", j, who, k, part)
                    answers[j, who] = self.copies[j](batch[i].x)
        return {i: torch.stack([answers[j, 0 if self.common else i] for j in self.peers[i]]) for i in logits}

    def state(self):
        return {"copies": [copy.state_dict() for copy in self.copies]}

    def resume(self, state):
        for copy, saved in zip(self.copies, state["copies"], strict=True):
            copy.load_state_dict(saved)


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
        return {i: self.log_p.expand(1, *logits[i].shape) for i in logits}


def peers_of(n: int) -> list[list[int]]:
    """For each model the others, all of them."""
    return [[j for j in range(n) if j != i] for i in range(n)]
