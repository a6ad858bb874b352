"""Weights averaged every `period` updates: local SGD, post-local SGD, SlowMo, DiLoCo, in fragments or whole."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import ceil

from codist.errors import Refused, nearest
from codist.exchange.gradients import MeanGradients
from codist.exchange.no_exchange import NoExchange
from codist.exchange.one_model import (
    AllReduceOptions,
    copy,
    fill,
    flat,
    mean_of,
    statistics_of,
    weights_of,
)
from codist.exchange.outer_step import OUTER, At
from codist.exchange.turns import Turns


@dataclass
class Options(AllReduceOptions):
    """Workers train apart and become one model again every `period` updates, and at the end.

    Running statistics of BatchNorm are averaged together with the weights, and counted.
    """

    kind: str = field(default="weights", init=False)
    period: int = 1  # updates between averages, H
    # the step from the weights of the last average: mean (local SGD: to the workers' mean), nesterov
    # (DiLoCo), slowmo
    outer: str = "mean"
    outer_lr: float = 1.0
    outer_momentum: float = 0.0
    # epochs; before, gradients are averaged at every update (post-local SGD)
    local_from: float = 0.0
    # parts of the weights that are averaged in turn, each every `period` updates (Streaming DiLoCo)
    fragments: int = 1

    def check(self, run) -> None:
        super().check(run)
        if self.outer not in OUTER:
            raise Refused(f"exchange.outer={self.outer} is not known; {nearest(self.outer, OUTER)}")
        if self.outer == "mean" and (self.outer_lr, self.outer_momentum) != (1.0, 0.0):
            raise Refused(
                "exchange.outer=mean takes no step; set exchange.outer=nesterov or slowmo, or leave out outer_lr "
                "and outer_momentum"
            )
        if not (self.period > 0 and self.outer_lr > 0 and 0 <= self.outer_momentum < 1):
            raise Refused(
                "exchange.period and outer_lr must be above 0, outer_momentum at least 0 and below 1; got "
                f"{self.period}, {self.outer_lr}, {self.outer_momentum}"
            )
        if not 1 <= self.fragments <= self.period:
            raise Refused(
                f"exchange.fragments must be 1 to exchange.period={self.period}, got {self.fragments}"
            )
        if not 0 <= self.local_from < run.epochs:
            raise Refused(
                f"exchange.local_from must be at least 0 and below epochs={run.epochs:g}, got {self.local_from:g}"
            )

    def scaled(self, by) -> Options:
        return replace(
            self,
            period=max(1, round(self.period / by.period)),
            local_from=self.local_from / by.epochs,
        )

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: 2 (b_model + b_statistics) per average, 2 b_model per averaged gradient (v2 §3)."""
        weights, turns = run.workload.parameters(0), self.turns(run)
        statistics = getattr(run.workload, "statistics", lambda i: 0)(0)
        numbers = min(updates, turns.first) * weights
        for fragment in range(self.fragments):
            part = turns.slice(fragment, weights)
            times = turns.times(fragment, updates)
            if updates == run.updates and fragment not in turns.due(updates - 1):
                times += 1  # at the end
            numbers += times * (part.stop - part.start + (statistics if fragment == 0 else 0))
        return 2 * 32 * numbers

    def turns(self, run) -> Turns:
        first = ceil(self.local_from * run.examples / run.minibatch)
        return Turns(self.period, self.fragments, first)

    def open(self, run, workload, world) -> MeanWeights:
        return MeanWeights(
            world, self, self.turns(run), run.workload.parameters(0), run.updates - 1
        )


class MeanWeights(NoExchange):
    """Averages the workers' weights, one fragment after the other.

    weights: their number, W. last: the last update; what is not averaged then is averaged at the end.
    """

    def __init__(self, world, options: Options, turns: Turns, weights: int, last: int):
        import torch

        self.world, self.options, self.turns, self.last = world, options, turns, last
        self.together = MeanGradients(world)
        # of the last average, and of the outer steps
        self.theta, self.momentum = torch.zeros(2, weights, device=world.device).unbind()

    def begin(self, k, learners):
        if k == self.turns.first:  # until here all workers are equal
            self.theta.copy_(flat(weights_of(next(iter(learners.values())))))

    def gradients(self, k, learners):
        if k < self.turns.first:
            self.together.gradients(k, learners)

    def end(self, k, learners):
        for fragment in self.turns.due(k):
            self.move(fragment, learners, self.options.outer)

    def finish(self, learners):
        for fragment in set(range(self.turns.fragments)) - set(self.turns.due(self.last)):
            self.move(fragment, learners, "mean")

    def move(self, fragment: int, learners: dict, outer: str) -> None:
        """Move one fragment of all workers to the weights of its outer step."""
        part = self.turns.slice(fragment, len(self.theta))
        weights = {i: flat(weights_of(model)) for i, model in learners.items()}
        statistics = {
            i: statistics_of(model) if fragment == 0 else [] for i, model in learners.items()
        }
        mean, *of_statistics = mean_of(
            self.world, {i: [of_model[part], *statistics[i]] for i, of_model in weights.items()}
        )
        lr = next(iter(learners.values())).optimizer.param_groups[0]["lr"]
        at = At(self.theta[part], mean, self.momentum[part], lr)
        self.theta[part], self.momentum[part] = OUTER[outer](
            at, self.options.outer_lr, self.options.outer_momentum
        )
        for i, model in learners.items():
            weights[i][part] = self.theta[part]
            fill(weights_of(model), weights[i])
            copy(statistics[i], of_statistics)

    def state(self):
        return {"theta": self.theta.cpu().clone(), "momentum": self.momentum.cpu().clone()}

    def resume(self, state):
        self.theta.copy_(state["theta"])
        self.momentum.copy_(state["momentum"])
