"""Tests of two arms against a margin: their gap, its 95 % interval, and the verdict of both."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import inf, isfinite

import numpy as np

from figures.evidence.arm import Arm, together
from figures.evidence.interval import Ranks, paired, ranked, welch, wider


@dataclass(frozen=True)
class Evidence:
    """A gap with its 95 % interval, and the margin: the open range in which the claim holds."""

    gap: float
    low: float
    high: float
    lowest: float = -inf
    highest: float = inf
    ratio: bool = False  # the gap is a / b, not a - b
    freedom: float = inf  # degrees of freedom of Student's t behind the interval
    counted: bool = False  # bits of payload, which are counted and not random
    ranks: Ranks | None = None  # of a rank test; for a ratio, of the logarithms
    what: str = "gap"  # what `gap` is, in a sentence
    unit: str = ""  # of the gap and its interval; "" if it has none, as a ratio

    def among(self, claims: int) -> "Evidence":
        """Bonferroni correction: widen the interval to 5 % family-wise error over `claims`."""
        if self.ranks:
            low, high = self.ranks.interval(claims)
            if self.ratio:
                low, high = exp(low), exp(high)
            return replace(self, low=low, high=high)
        by = wider(self.freedom, claims)
        if self.ratio:
            return replace(
                self,
                low=self.gap * (self.low / self.gap) ** by,
                high=self.gap * (self.high / self.gap) ** by,
            )
        return replace(
            self,
            low=self.gap + by * (self.low - self.gap),
            high=self.gap + by * (self.high - self.gap),
        )

    @property
    def verdict(self) -> str:
        """holds if the interval is within the margin, fails if outside, else undecided."""
        if not all(map(isfinite, (self.gap, self.low, self.high))):
            return "undecided"
        if self.low > self.lowest and self.high < self.highest:
            return "holds"
        return "fails" if self.high <= self.lowest or self.low >= self.highest else "undecided"

    @cached_property
    def digits(self) -> int:
        """Significant digits: three, or as many as give the same verdict."""
        for digits in range(3, 9):
            shown: dict = {
                name: float(f"{getattr(self, name):.{digits}g}") for name in ("gap", "low", "high")
            }
            if replace(self, **shown).verdict == self.verdict:
                break
        return digits

    def show(self, value: float) -> str:
        shown = (
            f"{value:.0f}" if abs(value) >= 10 ** (self.digits - 1) else f"{value:.{self.digits}g}"
        )
        return f"×{shown}" if self.ratio else f"+{shown}" if value > 0 else shown.replace("-", "−")

    @property
    def numbers(self) -> str:
        """The gap and its interval: −0.5 [−0.9, −0.1]."""
        if self.high == inf:  # only by ranks
            return f"{self.show(self.gap)} [no bounds: too few seeds for ranks]"
        return f"{self.show(self.gap)} [{self.show(self.low)}, {self.show(self.high)}]"

    @property
    def measured(self) -> str:
        """The same with their unit: −0.5 [−0.9, −0.1] points."""
        return f"{self.numbers} {self.unit}".rstrip()

    @property
    def margin(self) -> str:
        if self.lowest == -inf:
            return f"< {self.show(self.highest or 0.0)}"
        if self.highest == inf:
            return f"> {self.show(self.lowest)}"
        return f"{self.show(self.lowest)} … {self.show(self.highest)}"

    def __str__(self) -> str:
        return f"{self.measured}, margin {self.margin}"


# A test takes the final numbers of two arms, a and b: (seeds,). `how` is a key of METHODS.


def above(a: np.ndarray, b: np.ndarray, by: float = 0.0, how: str = "welch") -> Evidence:
    """Test that a exceeds b by more than `by`, which may be negative."""
    return Evidence(**linear(a, b, how), lowest=by)


def below(a: np.ndarray, b: np.ndarray, by: float = 0.0, how: str = "welch") -> Evidence:
    """Test that a is below b by more than `by`."""
    return Evidence(**linear(a, b, how), highest=-by)


def near(a: np.ndarray, b: np.ndarray, by: float, how: str = "welch") -> Evidence:
    """Test that a and b differ by at most `by` (equivalence), which takes a narrow interval."""
    return Evidence(**linear(a, b, how), lowest=-by, highest=by)


def times(a: np.ndarray, b: np.ndarray, by: float, how: str = "welch") -> Evidence:
    """Test that a is more than `by` times b, on the logarithms; both must be positive."""
    return Evidence(**ratio(a, b, how), lowest=by)


def below_times(a: np.ndarray, b: np.ndarray, by: float, how: str = "welch") -> Evidence:
    """Test that a is less than `by` times b."""
    return Evidence(**ratio(a, b, how), highest=by)


def near_times(a: np.ndarray, b: np.ndarray, by: float, how: str = "welch") -> Evidence:
    """Test that a / b is within 1 ± `by`: for 0.1, from 0.9 to 1.1."""
    return Evidence(**ratio(a, b, how), lowest=1 - by, highest=1 + by)


def of_ranks(a: np.ndarray, b: np.ndarray) -> dict:
    if not np.isfinite([*a, *b]).all():
        return dict(gap=np.nan, low=np.nan, high=np.nan)
    ranks = ranked(a, b)
    low, high = ranks.interval()
    return dict(gap=ranks.estimate, low=low, high=high, freedom=ranks.freedom, ranks=ranks)


def of_t(test: Callable, a: np.ndarray, b: np.ndarray) -> dict:
    gap, half, freedom = test(a, b)
    if abs(gap) < 1e-9 * half:
        gap = 0.0  # equal means, except for rounding errors of their sums
    return dict(gap=gap, low=gap - half, high=gap + half, freedom=freedom)


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], dict]] = {
    "welch": partial(of_t, welch),
    "paired": partial(of_t, paired),
    "ranked": of_ranks,
}


def linear(a: np.ndarray, b: np.ndarray, how: str = "welch") -> dict:
    return METHODS[how](a, b)


def ratio(a: np.ndarray, b: np.ndarray, how: str = "welch") -> dict:
    if min(*a, *b) <= 0:
        return dict(gap=np.nan, low=np.nan, high=np.nan, ratio=True)
    found = METHODS[how](np.log(a), np.log(b))
    return found | {name: exp(found[name]) for name in ("gap", "low", "high")} | {"ratio": True}


def exp(logarithm: float) -> float:
    return float(np.exp(logarithm))


def sends(a: Arm, b: Arm, by: float) -> Evidence:
    """Test that a sends more than `by` times the bits per update that b sends."""
    return replace(times(a.bits(), b.bits(), by), counted=True)


def gap_above(a: Arm, b: Arm, c: Arm, d: Arm, y: str, paired: bool = False) -> Evidence:
    """Test that the gap of final y from b to a is larger than from d to c, per seed."""
    pairs = together(a, b), together(c, d)
    first, second = (one.final(y) - other.final(y) for one, other in pairs)
    return above(first, second, how="paired" if paired else "welch")


def of_finals(
    a: Arm, b: Arm, test: Callable, y: str, by: float, paired: bool = False, ranked: bool = False
) -> Evidence:
    how = "paired" if paired else "ranked" if ranked else "welch"
    return test(a.final(y), b.final(y), by, how)


def finals(
    test: Callable, y: str, by: float = 0.0, paired: bool = False, ranked: bool = False
) -> Callable[[Arm, Arm], Evidence]:
    """Apply `test` to the final y of two arms. A partial, so that paper/claims.csv can list it.

    paired: compare seed by seed, for losses of arms that share initial weights and mini-batches by
    seed. ranked: the rank-sum test, for an arm of which some seeds half-diverge.
    """
    compared = partial(of_finals, test=test, y=y, by=by)
    if paired:
        return partial(compared, paired=True)
    return partial(compared, ranked=True) if ranked else compared
