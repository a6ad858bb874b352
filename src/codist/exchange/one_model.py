"""Options shared by methods that train one model with n workers: averages of gradients or weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from codist.errors import Refused
from codist.exchange.no_exchange import Options
from codist.exchange.periodic import everyone

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class WorkerOptions(Options):
    """The n models are workers of one: they begin with equal weights and read different minibatches."""

    common_start: ClassVar[bool] = True

    def check(self, run) -> None:
        if run.n == 1:
            raise Refused(
                f"exchange.kind={self.kind} needs other workers, and n=1 has none; set n=2 or exchange.kind=none"
            )
        if run.sampling == "same":
            raise Refused(
                f"exchange.kind={self.kind} averages workers that read different minibatches, got sampling=same; "
                "set sampling=split"
            )
        if run.precision == "fp16":
            raise Refused(
                f"exchange.kind={self.kind} needs workers that take the same updates, and with precision=fp16 each "
                "skips its own; set precision=bf16"
            )
        network = getattr(run.workload, "network", lambda i: "")
        if len({network(i) for i in range(run.n)}) > 1:
            raise Refused(
                f"exchange.kind={self.kind} needs equal networks; set workload.networks to one"
            )

    def peers_of(self, n: int) -> list[list[int]]:
        return everyone(n)


@dataclass
class AllReduceOptions(WorkerOptions):
    """Everything is sent by all_reduces of b bits, which v2 §3 counts as 2b of each device and of each server."""

    def server_bits(self, run, updates: int) -> float:
        return self.sent_bits(run, updates)

    def wire_bits(self, run, updates: int) -> float:
        """Bits that a ring of n workers sends: 2b (n-1)/n."""
        return self.sent_bits(run, updates) * (run.n - 1) / run.n


def flat(tensors: Sequence[Tensor]) -> Tensor:
    """All numbers of `tensors` in one new tensor."""
    import torch

    return torch.cat([one.detach().flatten() for one in tensors])


def fill(tensors: Sequence[Tensor], numbers: Tensor) -> None:
    """Copy `numbers` into `tensors`, the inverse of `flat`."""
    parts = numbers.split([one.numel() for one in tensors])
    copy(tensors, [part.view_as(one) for part, one in zip(parts, tensors, strict=True)])


def copy(tensors: Sequence[Tensor], values: Sequence[Tensor]) -> None:
    """Copy each of `values` into its tensor; none: do nothing."""
    import torch

    if tensors:  # torch refuses empty lists
        torch._foreach_copy_([one.detach() for one in tensors], list(values))


def mean_of(world, of_mine: dict[int, Sequence[Tensor]]) -> list[Tensor]:
    """The means over all models of several tensors, in one all_reduce. of_mine: {model: its tensors}."""
    like = next(iter(of_mine.values()))
    mean = world.mean({i: flat(tensors) for i, tensors in of_mine.items()})
    parts = mean.split([one.numel() for one in like])
    return [part.view_as(one) for part, one in zip(parts, like, strict=True)]


def average(world, of_mine: dict[int, Sequence[Tensor]]) -> None:
    """Replace the tensors of all models by their means, in one all_reduce; none: do nothing."""
    if any(of_mine.values()):
        means = mean_of(world, of_mine)
        for tensors in of_mine.values():
            copy(tensors, means)


def weights_of(learner) -> list[Tensor]:
    return list(learner.network.parameters())


def gradients_of(learner) -> list[Tensor]:
    """The gradients of a model, in the order of its parameters; frozen ones have none."""
    return [one.grad for one in learner.network.parameters() if one.grad is not None]


def statistics_of(learner) -> list[Tensor]:
    """The running means and variances of BatchNorm."""
    return [one for norm in learner.norms for one in (norm.running_mean, norm.running_var)]
