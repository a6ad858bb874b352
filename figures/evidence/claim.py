"""A claim: a sentence of a paper, its place there, and the test that our runs must pass before we repeat it."""

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
    """A gap with its 95 % interval, and the open range (the margin) in which the claim holds."""

    gap: float
    low: float
    high: float
    lowest: float = -inf
    highest: float = inf
    ratio: bool = False  # the gap is a / b, not a - b
    freedom: float = inf  # degrees of freedom of Student's t behind the interval
    counted: bool = (
        False  # of payload, which is counted and hardly differs with the seed: no matter of chance
    )

    def among(self, claims: int) -> "Evidence":
        """The same with an interval so wide that the intervals of so many claims are all right in 95 % of cases."""
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
        """The verdict: holds if the interval is within the margin, fails if it is outside, else undecided."""
        if not all(map(isfinite, (self.gap, self.low, self.high))):
            return "undecided"
        if self.low > self.lowest and self.high < self.highest:
            return "holds"
        return "fails" if self.high <= self.lowest or self.low >= self.highest else "undecided"

    @property
    def digits(self) -> int:
        """Significant ones, three or as many as it takes for the numbers that are shown to give the same verdict."""
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
    """a is above b by more than `by`; a negative `by` says that a is at most that far below. a, b (seeds,)."""
    return Evidence(**linear(a, b), lowest=by)


def below(a: np.ndarray, b: np.ndarray, by: float = 0.0) -> Evidence:
    """a is below b by more than `by`."""
    return Evidence(**linear(a, b), highest=-by)


def near(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """a and b are no more than `by` apart, either way: not finding a gap is no proof of this, a narrow interval is."""
    return Evidence(**linear(a, b), lowest=-by, highest=by)


def times(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """a is more than `by` times b. Both positive: means and interval are those of the logarithms."""
    return Evidence(**ratio(a, b), lowest=by)


def below_times(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """a is less than `by` times b."""
    return Evidence(**ratio(a, b), highest=by)


def near_times(a: np.ndarray, b: np.ndarray, by: float) -> Evidence:
    """a is within the share `by` of b: 0.1 is from 0.9 to 1.1 times b."""
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
    """a sends more than `by` times the bits that b sends per update."""
    return replace(times(a.bits(), b.bits(), by), counted=True)


def of_finals(a: Arm, b: Arm, test: Callable, y: str, by: float) -> Evidence:
    return test(a.final(y), b.final(y), by)


def finals(test: Callable, y: str, by: float = 0.0) -> Callable[[Arm, Arm], Evidence]:
    """`test` of two arms on where they end: the last row's y. A partial, which paper/claims.csv can list."""
    return partial(of_finals, test=test, y=y, by=by)


@dataclass(frozen=True)
class Verdict:
    word: str  # one of WORDS
    n: tuple[int, ...] = ()  # seeds of each arm
    scale: str = ""
    evidence: Evidence | None = None
    why: str = ""  # where there is no evidence to show, what is in the way


@dataclass(frozen=True)
class Claim:
    # "fig2.parity_decayed": a figure that makes it, a dot, a name; unique, and never changed
    id: str
    # "paper": a paper says it; "control": a simpler explanation of what a paper says; "ours": our
    # question
    kind: str
    says: str
    where: str
    test: Callable[..., Evidence]  # of the arms in `needs`, in that order
    needs: tuple[str, ...]
    # written when runs of all its arms had been seen, on whichever machine; the others before
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
        """Never typed by hand. An arm with a diverged seed has no mean, so a claim about it stays undecided: the seeds
        that were left are a selection, and the divergence itself is shown in the figure and named
        here."""
        if missing := [name for name in self.needs if name not in arms]:
            return Verdict("not run", why=f"needs {', '.join(missing)}")
        asked = [arms[name] for name in self.needs]
        n, scale = tuple(len(arm.seeds) for arm in asked), asked[0].scale
        if diverged := [
            f"{arm.name}: {len(arm.diverged)} of {len(arm.seeds)} diverged"
            for arm in asked
            if arm.diverged
        ]:
            return Verdict("undecided", n, scale, why="; ".join(diverged))
        if min(n) < 2:
            return Verdict("undecided", n, scale, why="one seed has no interval")
        evidence = self.test(*asked)
        if not isfinite(evidence.gap):
            return Verdict(
                "undecided",
                n,
                scale,
                why="a final number is not finite, or not positive where a ratio needs it",
            )
        return Verdict(evidence.word, n, scale, evidence)


def pick(claims: Sequence[Claim], *ids: str) -> list[Claim]:
    """Those of these ids, in this order. Raises Refused where one is not among them."""
    known = {claim.id: claim for claim in claims}
    if missing := [one for one in ids if one not in known]:
        raise errors.Refused(
            f"no claim has the id {missing[0]}; {errors.nearest(missing[0], known)}"
        )
    return [known[one] for one in ids]
