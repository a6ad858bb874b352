"""The outer step: from the weights of the last average to those of the next, given the workers' mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import Tensor


class At(NamedTuple):
    """What an outer step begins with.

    theta     the weights of the last average, (W,)
    mean      those of the workers now, (W,)
    momentum  of the outer steps, (W,), zero at first
    lr        the learning rate of the workers' last update
    """

    theta: Tensor
    mean: Tensor
    momentum: Tensor
    lr: float


def to_mean(at: At, outer_lr: float, outer_momentum: float) -> tuple[Tensor, Tensor]:
    """Local SGD (Stich 2018): the mean itself."""
    return at.mean, at.momentum


def nesterov(at: At, outer_lr: float, outer_momentum: float) -> tuple[Tensor, Tensor]:
    """DiLoCo (Douillard et al. 2023, Algorithm 1): Nesterov's step along theta - mean."""
    moved = at.theta - at.mean
    momentum = outer_momentum * at.momentum + moved
    return at.theta - outer_lr * (moved + outer_momentum * momentum), momentum


def slowmo(at: At, outer_lr: float, outer_momentum: float) -> tuple[Tensor, Tensor]:
    """SlowMo (Wang et al. 2020, Algorithm 1): momentum in units of the gradient, so lr may change."""
    momentum = outer_momentum * at.momentum + (at.theta - at.mean) / at.lr
    return at.theta - outer_lr * at.lr * momentum, momentum


# the new weights and momentum, both (W,)
OUTER: dict[str, Callable[[At, float, float], tuple[Tensor, Tensor]]] = {
    "mean": to_mean,
    "nesterov": nesterov,
    "slowmo": slowmo,
}
