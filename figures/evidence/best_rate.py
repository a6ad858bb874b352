"""The best learning rate of a grid, and the steps to the best error.

Each seed's rate is chosen on the other seeds. The lowest of several noisy errors is too low, more so
for a larger grid; an error that did not choose its own rate is not.
"""

from collections.abc import Sequence

import numpy as np

from figures.evidence.arm import Arm, together
from figures.evidence.margin import Evidence, below_times, times

RATE = "_rate_"  # in the name of an arm of a grid, between the setting and its learning rate


def grids(arms: Sequence[Arm]) -> dict[str, list[Arm]]:
    """{setting: its arms, one a learning rate}, in the order of each setting's first arm."""
    found: dict[str, list[Arm]] = {}
    for arm in arms:
        found.setdefault(arm.name.partition(RATE)[0], []).append(arm)
    return found


def chosen(errors: np.ndarray) -> np.ndarray:
    """(seeds,) the index of each seed's rate: that of the lowest mean error over the other seeds.

    errors: (rates, seeds), two seeds at least
    """
    others = errors.sum(axis=1, keepdims=True) - errors
    return others.argmin(axis=0)


def best_curves(grid: Sequence[Arm], y: str) -> tuple[np.ndarray, np.ndarray]:
    """The updates of the rows, (T,), and each seed's curve of y at its chosen rate, (seeds, T)."""
    updates, curves = grid[0].curve("update", y)[0], [arm.curve("update", y)[1] for arm in grid]
    errors = np.stack(curves)  # (rates, seeds, T)
    seeds = range(errors.shape[1])
    return updates, errors[chosen(errors.min(axis=2)), seeds]


def steps_to(level: float, updates: np.ndarray, curve: np.ndarray) -> float:
    """The update at which `curve` first is at `level` or below, interpolated between rows.

    A curve that stays above `level` counts as if its last row reached it: at least so many steps.
    """
    first = int(np.argmax(curve <= level)) if (curve <= level).any() else len(curve) - 1
    if first == 0 or curve[first] > level:
        return float(updates[first])
    share = (curve[first - 1] - level) / (curve[first - 1] - curve[first])
    return float(updates[first - 1] + share * (updates[first] - updates[first - 1]))


def to_the_best(arms: Sequence[Arm], y: str) -> tuple[np.ndarray, np.ndarray]:
    """(seeds,) twice: the steps of the second and of the first setting to the best y of the first.

    arms: two grids in turn. NaN for fewer than two common seeds, since a rate is chosen on others.
    """
    first, second = grids(together(*arms)).values()
    if len(first[0].seeds) < 2:
        return np.full(2, np.nan), np.full(2, np.nan)
    (at, slow), (updates, fast) = (best_curves(grid, y) for grid in (first, second))
    best = slow.min(axis=1)
    ours = [steps_to(level, updates, curve) for level, curve in zip(best, fast, strict=True)]
    theirs = [steps_to(level, at, curve) for level, curve in zip(best, slow, strict=True)]
    return np.array(ours), np.array(theirs)


def fewer_steps(*arms: Arm, y: str, by: float) -> Evidence:
    """Test that the second grid takes less than `by` times the first's steps to the first's best y."""
    return below_times(*to_the_best(arms, y), by, how="paired")


def no_fewer_steps(*arms: Arm, y: str, by: float) -> Evidence:
    """Test that the second grid takes more than `by` times these steps."""
    return times(*to_the_best(arms, y), by, how="paired")
