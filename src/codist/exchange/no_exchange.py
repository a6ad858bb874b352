"""No exchange: independent training; with n = 1 plain data parallelism, the papers' all_reduce.

The other kinds derive from the two classes here, and override what they do.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Options:
    """The options of a kind of exchange, `exchange:` in yaml. What depends on the kind is asked here."""

    kind: str = field(default="none", init=False)

    def check(self, run) -> None:
        """Raises Refused where `run` cannot have this exchange."""

    def scaled(self, by) -> "Options":
        """These options at a smaller scale. by: codist.config.Scaling."""
        return self

    def peers_of(self, n: int) -> list[list[int]]:
        """For each of n models those it learns from; as many learn from it."""
        return [[] for _ in range(n)]

    def sent_bits(self, run, updates: int) -> float:
        """Payload that an average device sends for the exchange in so many updates, by the formulas of v2 §3."""
        return 0.0

    def forward_passes(self, run) -> int:
        """Forward passes through other models' networks that each model's device batch costs."""
        return 0

    def open(self, run, workload, world) -> "NoExchange":
        """The exchange itself, in `world`."""
        return NoExchange()


class NoExchange:
    """The hooks of an exchange, in the order in which the loop calls them. Each does nothing unless a kind says so.

    No gradient passes through an exchange: what other models sent is a constant.
    """

    def begin(self, k: int, learners: dict) -> None:
        """Called once before update k, ahead of any forward pass. learners: {i: Learner} of this process."""

    def others(self, k: int, part: Any, batch: dict, logits: dict) -> dict[int, tuple]:
        """Called once a device batch, after the forward passes; logits: {i: (N, C)}.

        Gives {i: (rows, peer_logits)}: which M of its N rows model i should learn to predict, an
        index, and the logits of its P peers there, (P, M, C). A model without an entry learns from
        its labels alone.
        """
        return {}

    def gradients(self, k: int, learners: dict) -> None:
        """Called once between backward and update; each model's gradient is summed over its devices by then."""

    def end(self, k: int, learners: dict) -> None:
        """Called once after update k."""

    def finish(self, learners: dict) -> None:
        """Called once after the last update, before its models are measured."""

    def state(self) -> dict:
        """What the next update depends on, for the save: the same in every placement."""
        return {}

    def resume(self, state: dict) -> None:
        """Go on from what `state()` gave."""
