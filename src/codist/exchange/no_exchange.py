"""No exchange: independent training; with n = 1 plain data parallelism, the papers' all_reduce.

The other kinds derive from the two classes here and override their methods.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from codist.start import Start

if TYPE_CHECKING:
    from torch import Tensor

# all rows of a device batch, as an index: for slice(None) autograd would fill and copy a tensor of
# the logits' size, which takes 3 % of a language model's update
ALL = ...


def stacked(logits: list[Tensor]) -> Tensor:
    """The logits (M, C) of each of P peers as (P, M, C).

    Of one peer it is a view, since a copy would take 2 % of a language model's update.
    """
    import torch

    return logits[0][None] if len(logits) == 1 else torch.stack(logits)


@dataclass
class Options:
    """The options of a kind of exchange, `exchange:` in yaml, and all that depends on the kind."""

    # True if each model is trained by a process or job of its own, which never waits for the others
    apart: ClassVar[bool] = False
    # True if all models begin with the weights of model 0
    common_start: ClassVar[bool] = False
    # True if all devices of a model send the same, which then needs to cross a server's link once
    alike: ClassVar[bool] = False

    kind: str = field(default="none", init=False)

    def check(self, run) -> None:
        """Raises Refused if `run` cannot use this exchange."""

    def scaled(self, by) -> Options:
        """These options at a smaller scale. by: codist.config.Scaling."""
        return self

    def starts(self) -> list[Start]:
        """Other arms whose finished runs the exchange needs."""
        return []

    def peers_of(self, n: int) -> list[list[int]]:
        """For each of n models, the models it learns from; equally many learn from it."""
        return [[] for _ in range(n)]

    def sent_bits(self, run, updates: int) -> float:
        """Bits that an average device sends for the exchange in `updates` updates (v2 §3)."""
        return 0.0

    def server_bits(self, run, updates: int) -> float:
        """Bits that an average server sends to others for the exchange: those of its devices (v2 §3)."""
        return self.sent_bits(run, updates) * run.devices / run.servers

    def wire_bits(self, run, updates: int) -> float:
        """Bits that must cross the link of an average server, in one direction."""
        return (self.sent_bits if self.alike else self.server_bits)(run, updates)

    def forward_passes(self, run) -> int:
        """Extra forward passes, through this run's other models, per device batch of a model."""
        return 0

    def notes(self, run, update_seconds: float) -> list[str]:
        """Lines for `plan` on what the exchange needs. update_seconds: of one model."""
        return []

    def open(self, run, workload, world) -> NoExchange:
        """The exchange itself, in `world`."""
        return NoExchange()


class NoExchange:
    """The hooks of an exchange, in the order in which the loop calls them; by default they do nothing.

    No gradient passes through an exchange: peer logits are constants.
    """

    def start(self, finished: dict, folder: Path) -> None:
        """Called once, before the first update or `resume`.

        finished: the codist.finished_run.FinishedRun of each of Options.starts, by its `digest`.
        folder: of the run.
        """

    def begin(self, k: int, learners: dict) -> None:
        """Called before the forward passes of update k. learners: {i: Learner} of this process."""

    def others(self, k: int, part: Any, batch: dict, logits: dict) -> dict[int, tuple]:
        """Called once per device batch, after the forward passes; logits: {i: (N, C)}.

        Returns {i: (rows, peer_logits)}. rows: an index that selects M of the N rows; peer_logits:
        the logits of model i's P peers on these rows, (P, M, C). A model without an entry has no
        distillation term.
        """
        return {}

    def gradients(self, k: int, learners: dict) -> None:
        """Called between backward and update, once gradients are averaged over each model's devices."""

    def end(self, k: int, learners: dict) -> None:
        """Called after update k."""

    def finish(self, learners: dict) -> None:
        """Called after the last update, before the models are measured."""

    def state(self) -> dict:
        """The state to save, on which the next update depends; equal in every placement."""
        return {}

    def resume(self, state: dict) -> None:
        """Restore what `state()` returned."""

    def facts(self) -> dict[str, str | bool]:
        """Facts about the run for done.json."""
        return {}
