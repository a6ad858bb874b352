"""Two-sided 95 % intervals over seeds: Student's t for one mean, Welch's t for a gap of two."""

from math import inf

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


def half(values: np.ndarray) -> float:
    """Half the width of the mean's 95 % interval (4.3 SE for n = 3). values: (seeds,)."""
    return float(stdtrit(max(len(values) - 1, 1), UPPER) * standard_error(values))


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


def wider(freedom: float, claims: int) -> float:
    """The factor by which Bonferroni correction over `claims` widens a 95 % interval."""
    return (
        1.0
        if freedom == inf
        else float(stdtrit(freedom, 1 - (1 - UPPER) / claims) / stdtrit(freedom, UPPER))
    )
