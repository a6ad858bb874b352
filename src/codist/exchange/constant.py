"""A fixed distribution replaces the peers: Anil et al.'s label-smoothing baselines (§3.3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codist.errors import Refused, nearest
from codist.exchange.no_exchange import ALL, NoExchange
from codist.exchange.no_exchange import Options as CommonOptions
from codist.losses import OF_LOGITS

if TYPE_CHECKING:
    from torch import Tensor

TARGETS = ("uniform", "unigram")


@dataclass
class Options(CommonOptions):
    """Every model learns to match the same distribution on every example."""

    kind: str = field(default="constant", init=False)
    target: str = "uniform"  # or "unigram": the class frequencies of the training set

    def check(self, run) -> None:
        if self.target not in TARGETS:
            raise Refused(
                f"exchange.target={self.target} is not known; {nearest(self.target, TARGETS)}"
            )
        if run.distance in OF_LOGITS:
            raise Refused(
                f"exchange.kind=constant needs a distance between distributions, got distance={run.distance}; "
                "set distance=cross_entropy or kl"
            )

    def open(self, run, workload, world) -> Constant:
        import torch

        uniform = torch.full((run.workload.classes,), 1 / run.workload.classes)
        p = uniform if self.target == "uniform" else workload.frequencies()
        return Constant(p.log().to(world.device))


class Constant(NoExchange):
    """Returns log_p, (C,), as the logits of one peer."""

    def __init__(self, log_p: Tensor):
        self.log_p = log_p

    def others(self, k, part, batch, logits):
        return {i: (ALL, self.log_p.expand(1, *logits[i].shape)) for i in logits}
