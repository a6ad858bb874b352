"""Two-sided 95 % intervals over seeds: Student's t for a mean and for pairs, Welch's t, ranks."""

from dataclasses import dataclass
from math import floor, inf, nan

import numpy as np

# scipy.stats has it too, but takes three times as long to import
from scipy.special import stdtrit

LEVEL = 0.95
UPPER = (1 + LEVEL) / 2  # 0.975: half of the error rate is on each side


def standard_error(values: np.ndarray) -> np.ndarray:
    """The standard error of the mean over seeds (axis 0); NaN for fewer than two seeds."""
    if len(values) < 2:
        return np.full(np.shape(values)[1:], np.nan)
    return np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


def half(values: np.ndarray) -> np.ndarray:
    """Half the width of the mean's 95 % interval over seeds (axis 0): 4.3 SE for three."""
    return stdtrit(max(len(values) - 1, 1), UPPER) * standard_error(values)


def half_range(values: np.ndarray) -> float:
    """Half the range of the seeds, as Anil et al. print it (§3.5); NaN for fewer than two. values: (seeds,)."""
    return float(np.ptp(values)) / 2 if len(values) > 1 else nan


def welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Welch's test: mean(a) - mean(b), half the width of its 95 % interval, degrees of freedom.

    a, b: (seeds,). Variances need not be equal.
    """
    gap, of_a, of_b = np.mean(a) - np.mean(b), standard_error(a) ** 2, standard_error(b) ** 2
    if of_a + of_b == 0:  # all seeds are equal to the bit, as counted payloads are
        return float(gap), 0.0, inf
    freedom = (
        (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
        if min(len(a), len(b)) > 1
        else 1.0
    )
    return float(gap), float(stdtrit(freedom, UPPER) * np.sqrt(of_a + of_b)), float(freedom)


def paired(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """Student's t over pairs: mean(a - b), half the width of its 95 % interval, degrees of freedom.

    a, b: (seeds,), of the same seeds in the same order. The effect of a seed on both arms cancels.
    Raises ValueError for different numbers of seeds.
    """
    if len(a) != len(b):
        raise ValueError(f"expected pairs, got {len(a)} and {len(b)} seeds")
    differences = np.asarray(a) - np.asarray(b)
    if len(differences) < 2:
        return nan, nan, 1.0
    gap, error = float(np.mean(differences)), standard_error(differences)
    return gap, float(half(differences)), inf if error == 0 else float(len(differences) - 1)


@dataclass(frozen=True)
class Ranks:
    """The rank-sum test of two arms, which gives an interval at any confidence."""

    differences: tuple[float, ...]  # of all pairs a_i - b_j, ascending
    error: float  # standard error of the number of pairs with a_i - b_j above the estimate
    freedom: float

    @property
    def estimate(self) -> float:
        """The Hodges-Lehmann estimate of the gap: the median of all differences."""
        return float(np.median(self.differences))

    def interval(self, claims: int = 1) -> tuple[float, float]:
        """The gap's 95 % interval, or that of a family of `claims` (Bonferroni).

        Its ends are differences of two seeds. With too few seeds they are infinite; 95 % needs five
        seeds an arm.
        """
        pairs, quantile = len(self.differences), stdtrit(self.freedom, 1 - (1 - UPPER) / claims)
        # 1/2: continuity correction, since the number of pairs is whole
        outside = pairs / 2 - 0.5 - quantile * self.error
        if not outside >= 0:
            return -inf, inf
        return self.differences[floor(outside)], self.differences[pairs - 1 - floor(outside)]


def ranked(a: np.ndarray, b: np.ndarray) -> Ranks:
    """The rank-sum (Mann-Whitney) test, for arms with outliers, such as half-diverged seeds.

    a, b: (seeds,), at least two each. The standard error is that of Brunner and Munzel (2000).
    The usual one assumes distributions of the same shape: if one arm is skewed, up to 10 % of its
    intervals miss (figures.evidence.error_rates).
    """
    differences = np.subtract.outer(a, b)
    estimate = np.median(differences)
    above = (differences > estimate) + 0.5 * (differences == estimate)
    of_a = np.var(above.mean(axis=1), ddof=1) / len(a)
    of_b = np.var(above.mean(axis=0), ddof=1) / len(b)
    spread = of_a + of_b
    freedom = spread**2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1)) if spread else 1.0
    ascending = tuple(np.sort(differences, axis=None).tolist())
    return Ranks(ascending, float(differences.size * np.sqrt(spread)), float(freedom))


def wider(freedom: float, claims: int) -> float:
    """The factor by which Bonferroni correction over `claims` widens a 95 % interval."""
    return (
        1.0
        if freedom == inf
        else float(stdtrit(freedom, 1 - (1 - UPPER) / claims) / stdtrit(freedom, UPPER))
    )
