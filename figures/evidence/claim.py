"""Claims: a sentence of a paper, its place there, and the statistical test of our runs."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import inf, isfinite

import numpy as np

from codist import errors
from figures.evidence.interval import welch, wider
from figures.evidence.results import Arm

WORDS = ("holds", "fails", "undecided", "not run")
KINDS = ("paper", "control", "ours")
ID = re.compile(r"[a-z][a-z0-9_]*\.[a-z0-9_]+")


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

    def among(self, claims: int) -> "Evidence":
        """Bonferroni correction: widen the interval to 5 % family-wise error over `claims`."""
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
    def word(self) -> str:
        """holds if the interval is within the margin, fails if outside, else undecided."""
        if not all(map(isfinite, (self.gap, self.low, self.high))):
            return "undecided"
        if self.low > self.lowest and self.high < self.highest:
            return "holds"
        return "fails" if self.high <= self.lowest or self.low >= self.highest else "undecided"

    @property
    def digits(self) -> int:
        """Significant digits: three, or as many as give the same verdict."""
        for digits in range(3, 9):
            shown: dict = {
                name: float(f"{getattr(self, name):.{digits}g}") for name in ("gap", "low", "high")
            }
            if replace(self, **shown).word == self.word:
                break
        return digits

    def show(self, value: float) -> str:
        shown = (
            f"{value:.0f}" if abs(value) >= 10 ** (self.digits - 1) else f"{value:.{self.digits}g}"
        )
        return f"×{shown}" if self.ratio else f"+{shown}" if value > 0 else shown.replace("-", "−")

    @property
    def measured(self) -> str:
        return f"{self.show(self.gap)} [{self.show(self.low)}, {self.show(self.high)}]"

    @property
    def margin(self) -> str:
        if self.lowest == -inf:
            return f"< {self.show(self.highest or 0.0)}"
        if self.highest == inf:
            return f"> {self.show(self.lowest)}"
        return f"{self.show(self.lowest)} … {self.show(self.highest)}"

    def __str__(self) -> str:
        return f"{self.measured}, margin {self.margin}"


def above(a: np.ndarray, b: np.ndarray, by: float = 0.0) -> Evidence:
    """Test that a exceeds b by more than `by`, which may be negative. a, b: (seeds,)."""
    return Evidence(**linear(a, b), lowest=by)


def below(a: np.ndarray, b: np.ndarray, by: float = 0.0) -> Evidence:
    """Test that a is below b by more than `by`."""
    return Evidence(**linear(a, b), highest=-by)


def near(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """Test that a and b differ by at most `by` (equivalence), which takes a narrow interval."""
    return Evidence(**linear(a, b), lowest=-by, highest=by)


def times(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """Test that a is more than `by` times b, on the logarithms; both must be positive."""
    return Evidence(**ratio(a, b), lowest=by)


def below_times(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """Test that a is less than `by` times b."""
    return Evidence(**ratio(a, b), highest=by)


def near_times(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """Test that a / b is within 1 ± `by`: for 0.1, from 0.9 to 1.1."""
    return Evidence(**ratio(a, b), lowest=1 - by, highest=1 + by)


def linear(a: np.ndarray, b: np.ndarray) -> dict:
    gap, half, freedom = welch(a, b)
    return dict(gap=gap, low=gap - half, high=gap + half, freedom=freedom)


def ratio(a: np.ndarray, b: np.ndarray) -> dict:
    if min(*a, *b) <= 0:
        return dict(gap=np.nan, low=np.nan, high=np.nan, ratio=True)
    gap, half, freedom = welch(np.log(a), np.log(b))
    return dict(
        gap=float(np.exp(gap)),
        low=float(np.exp(gap - half)),
        high=float(np.exp(gap + half)),
        ratio=True,
        freedom=freedom,
    )


def sends(a: Arm, b: Arm, by: float) -> Evidence:
    """Test that a sends more than `by` times the bits per update that b sends."""
    return replace(times(a.bits(), b.bits(), by), counted=True)


def of_finals(a: Arm, b: Arm, test: Callable, y: str, by: float) -> Evidence:
    return test(a.final(y), b.final(y), by)


def finals(test: Callable, y: str, by: float = 0.0) -> Callable[[Arm, Arm], Evidence]:
    """Apply `test` to the final y of two arms. A partial, so that paper/claims.csv can list it."""
    return partial(of_finals, test=test, y=y, by=by)


@dataclass(frozen=True)
class Verdict:
    word: str  # one of WORDS
    n: tuple[int, ...] = ()  # seeds of each arm
    scale: str = ""
    evidence: Evidence | None = None
    why: str = ""  # the reason, if there is no evidence


@dataclass(frozen=True)
class Claim:
    # like "fig2.parity_decayed": a figure that makes it, a dot, a name; unique, and never changed
    id: str
    # "paper": a paper's claim; "control": tests a simpler explanation of one; "ours": our question
    kind: str
    says: str
    where: str
    test: Callable[..., Evidence]  # takes the arms in `needs`, in that order
    needs: tuple[str, ...]
    # written after runs of all its arms had been seen, on any machine
    after: bool = False

    def __post_init__(self):
        if not ID.fullmatch(self.id):
            raise errors.Refused(
                f"claim {self.id}: expected an id like fig2.parity: a figure, a dot, a name in lower case"
            )
        if self.kind not in KINDS:
            raise errors.Refused(
                f"claim {self.id}: expected a kind of {', '.join(KINDS)}, got {self.kind}"
            )

    def verdict(self, arms: dict[str, Arm]) -> Verdict:
        """Evaluate the claim on `arms`.

        A claim about an arm with a diverged seed stays undecided: the remaining seeds would be a
        selection. The verdict names the divergence, and the figure shows it.
        """
        if missing := [name for name in self.needs if name not in arms]:
            return Verdict("not run", why=f"needs {', '.join(missing)}")
        compared = [arms[name] for name in self.needs]
        n, scale = tuple(len(arm.seeds) for arm in compared), compared[0].scale
        if diverged := [
            f"{arm.name}: {len(arm.diverged)} of {len(arm.seeds)} diverged"
            for arm in compared
            if arm.diverged
        ]:
            return Verdict("undecided", n, scale, why="; ".join(diverged))
        if min(n) < 2:
            return Verdict("undecided", n, scale, why="one seed has no interval")
        evidence = self.test(*compared)
        if not isfinite(evidence.gap):
            return Verdict(
                "undecided",
                n,
                scale,
                why="a final number is not finite, or not positive where a ratio needs it",
            )
        return Verdict(evidence.word, n, scale, evidence)


def pick(claims: Sequence[Claim], *ids: str) -> list[Claim]:
    """Select claims by id, in this order. Raises Refused for an unknown id."""
    known = {claim.id: claim for claim in claims}
    if missing := [one for one in ids if one not in known]:
        raise errors.Refused(
            f"no claim has the id {missing[0]}; {errors.nearest(missing[0], known)}"
        )
    return [known[one] for one in ids]
