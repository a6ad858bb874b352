"""How sure a few seeds can be: Student's t for one mean, Welch's t for the gap between two; 95 %, two-sided."""

from math import inf

import numpy as np
from scipy.special import stdtrit  # scipy.stats has it too, and takes three times as long to import

LEVEL = 0.95
UPPER = (1 + LEVEL) / 2  # 0.975: as much is left out on either side


def standard_error(values: np.ndarray) -> np.ndarray:
    """Of the mean over the first axis, the seeds; NaN below two of them."""
    if len(values) < 2:
        return np.full(np.shape(values)[1:], np.nan)
    return np.std(values, axis=0, ddof=1) / np.sqrt(len(values))


def half(values: np.ndarray) -> float:
    """Half the width of the 95 % interval of the mean; values (seeds,). At three seeds it is 4.3 standard errors."""
    return float(stdtrit(max(len(values) - 1, 1), UPPER) * standard_error(values))


def welch(a: np.ndarray, b: np.ndarray) -> tuple[float, float, float]:
    """mean(a) - mean(b), half the width of its 95 % interval and t's degrees of freedom there; a, b (seeds,).

    Variances need not be equal.
    """
    gap, of_a, of_b = np.mean(a) - np.mean(b), standard_error(a) ** 2, standard_error(b) ** 2
    if of_a + of_b == 0:  # seeds that agree to the last bit, as counted payloads do
        return float(gap), 0.0, inf
    freedom = (
        (of_a + of_b) ** 2 / (of_a**2 / (len(a) - 1) + of_b**2 / (len(b) - 1))
        if min(len(a), len(b)) > 1
        else 1.0
    )
    return float(gap), float(stdtrit(freedom, UPPER) * np.sqrt(of_a + of_b)), float(freedom)


def wider(freedom: float, claims: int) -> float:
    """By how much 95 % intervals must grow where they are to hold for so many claims together (Bonferroni)."""
    return (
        1.0
        if freedom == inf
        else float(stdtrit(freedom, 1 - (1 - UPPER) / claims) / stdtrit(freedom, UPPER))
    )
