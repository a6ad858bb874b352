"""Multiple comparisons: the chance of false verdicts, and which verdicts survive Bonferroni.

Nominally a verdict is false with a probability of at most 2.5 %, the error of a 95 % interval on
one side. For three seeds with unequal variances, Welch's interval errs in up to 2.9 % of cases
(tests/figures/test_family.py), hence 3 % here. If the margin has two sides, *fails* can be false on
either. *undecided* is never false. Bit counts are excluded: they are not random, and would make the
other verdicts look more certain.

The far quantiles of a 5 % family-wise error rate are less exact: if one arm's spread is ten times
the other's, Welch's interval errs up to four times as often as nominal.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, prod

from figures.evidence.margin import Evidence

WRONG = 0.03


@dataclass(frozen=True)
class Family:
    """Counts and error rates of a set of claims that are read together."""

    claims: int  # claims with evidence, except bit counts; without evidence no verdict can be false
    expected: float  # expected number of false verdicts, at most; above 1 for many claims
    independent: float  # the chance of at least one false verdict, if claims were independent
    decided: int  # claims that hold or fail
    kept: int  # still decided at a family-wise error rate of 5 % (Bonferroni)

    @property
    def at_most(self) -> float:
        """The chance of at least one false verdict under any dependence of claims (Bonferroni)."""
        return min(1.0, self.expected)

    def __str__(self) -> str:
        if not self.claims:
            return "no claim can be evaluated"
        count = f"{self.claims} claim{'s' * (self.claims > 1)}"
        independent = f"{percent(self.independent)} if independent"
        # a bound of 100 % is not informative
        bound = f"at most {percent(self.at_most)}, " if self.expected < 1 else ""
        return f"{count}; chance of at least one false verdict: {bound}{independent}"


def family(found: Iterable[Evidence | None]) -> Family:
    evaluated = [evidence for evidence in found if evidence is not None and not evidence.counted]
    chances = [wrong(evidence) for evidence in evaluated]
    decided = sum(evidence.verdict != "undecided" for evidence in evaluated)
    kept = sum(stays(evidence, len(evaluated)) for evidence in evaluated)
    return Family(
        len(evaluated), sum(chances), 1 - prod(1 - chance for chance in chances), decided, kept
    )


def stays(evidence: Evidence, claims: int) -> bool:
    """True if the verdict stays decided at a family-wise error rate of 5 % over `claims`."""
    return (
        not evidence.counted
        and evidence.verdict != "undecided"
        and evidence.among(claims).verdict == evidence.verdict
    )


def wrong(evidence: Evidence) -> float:
    """An upper bound on the chance that this verdict is false."""
    return WRONG if inf in (-evidence.lowest, evidence.highest) else 2 * WRONG


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"
