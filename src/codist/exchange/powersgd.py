"""PowerSGD (Vogels et al. 2019): gradients of low rank, with error feedback and a warm start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod
from typing import TYPE_CHECKING

from codist.errors import Refused
from codist.exchange.no_exchange import NoExchange
from codist.exchange.one_model import AllReduceOptions, average, copy, gradients_of, mean_of
from codist.keys import generator

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, ...]


@dataclass
class Options(AllReduceOptions):
    """Each weight matrix's gradient is replaced by one of rank `rank`, the rest is averaged whole.

    A convolution's weights (C, ...) are a matrix of C rows.
    """

    kind: str = field(default="powersgd", init=False)
    rank: int = 2

    def check(self, run) -> None:
        super().check(run)
        if self.rank < 1:
            raise Refused(f"exchange.rank must be 1 or more, got {self.rank}")
        if not hasattr(run.workload, "shapes"):
            raise Refused(
                f"exchange.kind=powersgd needs the shapes of the network, and workload {run.workload.name} does not "
                "give them; add shapes(i) to its options, or set exchange.kind=topk_gradients"
            )

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: an all_reduce of both factors of each matrix, and of the rest, per update."""
        numbers = sum(
            self.rank * (rows_of(shape) + columns_of(shape))
            if is_compressed(shape, self.rank)
            else prod(shape)
            for shape in run.workload.shapes(0)
        )
        return updates * 2 * 32 * numbers

    def open(self, run, workload, world) -> PowerSGD:
        return PowerSGD(world, run.workload.shapes(0), self.rank, run.seed)


def rows_of(shape: Shape) -> int:
    return shape[0]


def columns_of(shape: Shape) -> int:
    return prod(shape[1:])


def is_compressed(shape: Shape, rank: int) -> bool:
    """True if the factors of a gradient of this shape are smaller than the gradient."""
    if len(shape) < 2:
        return False
    rows, columns = rows_of(shape), columns_of(shape)
    return rank <= min(rows, columns) and rank * (rows + columns) < rows * columns


class PowerSGD(NoExchange):
    """One step of subspace iteration per update on each matrix M (r, c): M is sent as P (r, k), Q (c, k).

    What P Q^T lacks of a worker's M is added to its next gradient. Q begins as a keyed draw and is
    kept from update to update.

    shapes: of the parameters, in the order of the network
    """

    def __init__(self, world, shapes: list[Shape], rank: int, seed: int):
        import torch

        self.world, self.rank = world, rank
        self.low = [at for at, shape in enumerate(shapes) if is_compressed(shape, rank)]
        self.rest = [at for at in range(len(shapes)) if at not in self.low]
        self.right = [
            torch.randn(columns_of(shapes[at]), rank, generator=generator(seed, "powersgd", at)).to(
                world.device
            )
            for at in self.low
        ]
        self.missed = {
            i: [
                torch.zeros(rows_of(shapes[at]), columns_of(shapes[at]), device=world.device)
                for at in self.low
            ]
            for i in world.mine
        }

    def gradients(self, k, learners):
        gradients = {i: gradients_of(model) for i, model in learners.items()}
        low, rest = (
            {i: [of_model[at] for at in which] for i, of_model in gradients.items()}
            for which in (self.low, self.rest)
        )
        if self.low:
            self.average_low(low, rest)
        else:
            average(self.world, rest)

    def average_low(
        self, gradients: dict[int, list[Tensor]], rest: dict[int, list[Tensor]]
    ) -> None:
        """Replace the matrices of all models by the mean of their approximations of low rank.

        rest: of all models, replaced by their means; they travel with the left factors.
        """
        import torch

        matrices = {
            i: [one.flatten(1) + missed for one, missed in zip(ones, self.missed[i], strict=True)]
            for i, ones in gradients.items()
        }
        averaged = mean_of(
            self.world, {i: [*products(ms, self.right), *rest[i]] for i, ms in matrices.items()}
        )
        left = [torch.linalg.qr(one).Q for one in averaged[: len(self.low)]]
        for ones in rest.values():
            copy(ones, averaged[len(self.low) :])
        self.right = mean_of(
            self.world, {i: products([m.T for m in ms], left) for i, ms in matrices.items()}
        )
        means = products(left, [q.T for q in self.right])
        for i, ms in matrices.items():
            self.missed[i] = [m - mean for m, mean in zip(ms, means, strict=True)]
            copy(
                gradients[i], [mean.view_as(g) for mean, g in zip(means, gradients[i], strict=True)]
            )

    def state(self):
        missed = self.world.collect(
            {i: [one.cpu() for one in ones] for i, ones in self.missed.items()}
        )
        return {
            "missed": [missed[i] for i in sorted(missed)],
            "right": [one.cpu() for one in self.right],
        }

    def resume(self, state):
        def there(tensors):
            return [one.to(self.world.device) for one in tensors]

        self.right = there(state["right"])
        self.missed = {i: there(state["missed"][i]) for i in self.missed}


def products(left: Sequence[Tensor], right: Sequence[Tensor]) -> list[Tensor]:
    return [one @ other for one, other in zip(left, right, strict=True)]
