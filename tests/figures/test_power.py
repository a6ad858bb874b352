"""Power: against a simulation, against known quantiles, and in the list of undecided claims."""

from math import inf

import evidence
import numpy as np
import pytest

from figures.evidence import beds, power
from figures.evidence.margin import Evidence, above, near, near_times

DRAWS = 4000


def with_gap(gap, error, freedom=30.0, **margin):
    """An Evidence with this standard error of its gap."""
    half = 2.0422725 * error  # t at 97.5 % and 30 degrees of freedom
    return Evidence(gap, gap - half, gap + half, freedom=freedom, **margin)


@pytest.mark.parametrize(
    ("test", "gap"), [(lambda a, b: above(a, b, 0.0), 0.7), (lambda a, b: near(a, b, 1.0), 0.2),
                      (lambda a, b: near(a, b, 1.0), 1.6)]
)  # fmt: skip
def test_power_is_the_share_of_decided_draws(test, gap):
    """16 seeds an arm, of standard deviation 1; the power is computed from equal spreads and that gap."""
    random = np.random.default_rng(3)
    decided = np.mean([
        test(random.normal(gap, 1, 16), random.normal(0, 1, 16)).verdict != "undecided"
        for _ in range(DRAWS)
    ])  # fmt: skip
    one = test(np.zeros(2), np.zeros(2))
    exact = with_gap(gap, (2 / 16) ** 0.5, lowest=one.lowest, highest=one.highest)
    assert power.power(exact) == pytest.approx(decided, abs=0.03)


def test_a_gap_at_the_detectable_distance_has_a_power_of_80_percent():
    away = power.detectable(with_gap(0.0, 0.5, lowest=0.0))
    # Student's t at 97.5 % and, about, at 80 %, both with 30 degrees of freedom: 2.042 + 0.854
    assert away == pytest.approx(0.5 * (2.042 + 0.854), rel=0.01)
    assert power.power(with_gap(away, 0.5, lowest=0.0)) == pytest.approx(0.8, abs=0.001)


def test_a_gap_on_the_end_of_its_margin_is_decided_by_chance_only():
    assert power.power(with_gap(0.0, 1.0, lowest=0.0)) == pytest.approx(0.05, abs=1e-6)
    assert power.to_margin(with_gap(0.4, 1.0, lowest=-1.0, highest=1.0)) == pytest.approx(0.6)


def test_a_ratio_is_compared_on_logarithms_and_shown_as_a_factor():
    random = np.random.default_rng(1)
    found = near_times(
        np.exp(random.normal(0.05, 0.05, 16)), np.exp(random.normal(0, 0.05, 16)), 0.1
    )
    assert power.to_margin(found) == pytest.approx(1.1 / found.gap)
    assert 1 < power.detectable(found) < 1.1 and found.highest < inf


def test_every_undecided_claim_of_the_beds_is_listed_with_its_power():
    ledgers = evidence.ledgers()
    undecided = [claim for bed in ledgers for claim in bed.claims if claim.verdict == "undecided"]
    section = beds.markdown(ledgers).partition("## With which power")[2]
    rows = [line.split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    assert [(row[0].removeprefix("| "), row[2]) for row in rows] == [
        (claim.id, claim.scale) for claim in undecided if claim.evidence
    ]
    for row, claim in zip(rows, undecided, strict=True):
        assert row[3] == f"{claim.measured}, n = {min(claim.n)}"
        assert row[-1] == f"{100 * power.power(claim.evidence):.0f} % |"
