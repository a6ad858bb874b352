"""Many claims at once: the chance of a false verdict among them, and which verdicts remain after correction.

A verdict is false with a chance of at most 2.5 %, nominally: a 95 % interval errs so often to
either side. Welch's, of three seeds whose spreads differ, errs up to 2.9 % (tests/figures/test_family.py),
hence the 3 here. Where the margin has two sides, *fails* may be false to both. *undecided* is never
false. Counted payload is left out: it is no matter of chance, and makes the rest look surer. Far
out, where all claims together are held to 5 %, Welch's interval errs up to four times as often as
it says, where one arm's spread is ten times the other's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, prod

from figures.evidence.claim import Evidence

WRONG = 0.03


@dataclass(frozen=True)
class Family:
    """Claims that are read together."""

    claims: int  # that have evidence, except counted payload; without it no verdict could be false
    expected: float  # false verdicts, at most; above 1 where there are many claims
    independent: float  # the chance of at least one false verdict, were the claims independent
    decided: int  # claims that hold or fail
    kept: int  # of these, still decided at a family-wise error rate of 5 % (Bonferroni)

    @property
    def at_most(self) -> float:
        """The chance of at least one false verdict, however the claims depend on each other (Bonferroni)."""
        return min(1.0, self.expected)

    def __str__(self) -> str:
        if not self.claims:
            return "no claim can be evaluated"
        many = f"{self.claims} claim{'s' * (self.claims > 1)}"
        apart = f"{percent(self.independent)} if independent"
        # a bound of 100 % says nothing
        sure = f"at most {percent(self.at_most)}, " if self.expected < 1 else ""
        return f"{many}; chance of at least one false verdict: {sure}{apart}"


def family(found: Iterable[Evidence | None]) -> Family:
    there = [evidence for evidence in found if evidence is not None and not evidence.counted]
    chances = [wrong(evidence) for evidence in there]
    decided = sum(evidence.word != "undecided" for evidence in there)
    kept = sum(stays(evidence, len(there)) for evidence in there)
    return Family(
        len(there), sum(chances), 1 - prod(1 - chance for chance in chances), decided, kept
    )


def stays(evidence: Evidence, claims: int) -> bool:
    """Is it still decided at a family-wise error rate of 5 % over so many claims?"""
    return (
        not evidence.counted
        and evidence.word != "undecided"
        and evidence.among(claims).word == evidence.word
    )


def wrong(evidence: Evidence) -> float:
    """The chance that this verdict is false, at most."""
    return WRONG if inf in (-evidence.lowest, evidence.highest) else 2 * WRONG


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"
