"""The best learning rate of a grid: chosen on other seeds, it flatters no arm; steps to the best error, by pencil."""

import fabricate
import numpy as np
import pytest

from figures.anil import fig1, fig2
from figures.evidence import best_rate, results
from figures.evidence.names import arms_of


def test_a_rate_is_chosen_on_the_other_seeds():
    # sums over the other two seeds: 5, 4, 3 for the first rate; 2, 5, 5 for the second
    errors = np.array([[1.0, 2.0, 3.0], [4.0, 1.0, 1.0]])
    assert best_rate.chosen(errors).tolist() == [1, 0, 0]


def test_a_larger_grid_of_equal_rates_gains_nothing_by_its_choice():
    """In pure noise the lowest of four is below the lowest of three, but not if it is chosen on other seeds."""
    noise = np.random.default_rng(1).normal(
        size=(4000, 7, 3)
    )  # grids of 3 and of 4 rates, three seeds
    naive, fair = [], []
    for three, four in ((errors[:3], errors[3:]) for errors in noise):
        naive.append(four.mean(axis=1).min() - three.mean(axis=1).min())
        of = [grid[best_rate.chosen(grid), range(3)].mean() for grid in (four, three)]
        fair.append(of[0] - of[1])
    assert np.mean(naive) < -0.08  # 0.18 / sqrt(3)
    assert abs(np.mean(fair)) < 4 * np.std(fair) / 4000**0.5


UPDATES = np.array([10.0, 20.0, 30.0])


@pytest.mark.parametrize(
    ("level", "curve", "steps"),
    [
        (3.0, [5.0, 3.0, 2.0], 20.0),
        (4.0, [5.0, 3.0, 2.0], 15.0),
        (6.0, [5.0, 3.0, 2.0], 10.0),
        (1.0, [5.0, 3.0, 2.0], 30.0),  # never reached
        (2.5, [2.0, 4.0, 1.0], 10.0),  # the first time counts
    ],
)
def test_steps_to_an_error_are_interpolated_between_rows(level, curve, steps):
    assert best_rate.steps_to(level, UPDATES, np.array(curve)) == steps


def test_steps_of_what_is_not_a_number_are_none():
    assert np.isnan(best_rate.steps_to(1.0, UPDATES, np.full(3, np.nan)))
    assert np.isnan(best_rate.steps_to(np.nan, UPDATES, np.array([3.0, 2.0, 1.0])))


def verdicts(root, losses: dict[str, list[float]]) -> dict:
    """Verdicts of Figure 1. losses: {setting: the curve of its best rate}; other rates are worse."""
    for arm in arms_of("workers"):
        setting, _, rate = arm.partition(best_rate.RATE)
        for seed in (1, 2, 3):
            worse = 0 if rate == "02" else 5
            curve = [loss + worse + 0.001 * seed for loss in losses[setting]]
            fabricate.run(root, arm, seed, [{"valid_loss": curve}], sweep="workers")
    arms = results.read("laptop", ["workers"], [root])
    return {claim.id.partition(".")[2]: claim.verdict(arms) for claim in fig1.CLAIMS}


def test_the_claims_of_figure_1_hold_where_the_paper_says_and_fail_elsewhere(tmp_path):
    slow, fast, fastest = [4.0, 3.0, 2.0], [3.0, 2.0, 1.0], [2.0, 1.0, 0.5]
    workers = [f"workers_{count}" for count in (32, 64, 128, 256)]
    as_said = verdicts(
        tmp_path / "paper", dict(zip(workers, (slow, fast, fastest, fastest), strict=True))
    )
    assert {name: found.verdict for name, found in as_said.items()} == dict.fromkeys(
        ("fewer_steps_64", "fewer_steps_128", "no_gain_256", "one_rate_128"), "holds"
    )
    # two thirds of the steps: row 2 of 3
    assert as_said["fewer_steps_64"].evidence.gap == pytest.approx(2 / 3, abs=1e-3)
    reverse = verdicts(
        tmp_path / "reverse", dict(zip(workers, (fastest, fastest, slow, fast), strict=True))
    )
    assert {name: found.verdict for name, found in reverse.items()} == dict.fromkeys(
        ("fewer_steps_64", "fewer_steps_128", "no_gain_256", "one_rate_128"), "fails"
    )


@pytest.mark.parametrize("others", [(2, 3), (3, 4)])
def test_without_two_common_seeds_no_rate_can_be_chosen(tmp_path, others):
    for arm, seeds in (("workers_32_rate_01", (1, 2)), ("workers_128_rate_01", others)):
        for seed in seeds:
            fabricate.run(tmp_path, arm, seed, [{"valid_loss": [2.0, 1.0]}], sweep="workers")
    arms = results.read("laptop", ["workers"], [tmp_path])
    assert fig1.CLAIMS[-1].verdict(arms).verdict == "undecided"


def test_a_modelled_update_has_the_time_of_a_ring():
    two, many = fig1.step_time(2), fig1.step_time(256)
    assert many - 1 == pytest.approx((two - 1) * 2 * 255 / 256)
    assert 0.5 < 1 - 1 / two < 0.8  # the share of the network that Anil et al. report, §2.1


@pytest.mark.parametrize(("codist", "verdict"), [(3.03, "holds"), (3.07, "fails")])
def test_only_slightly_is_nearer_to_the_ensemble_than_to_one_model(tmp_path, codist, verdict):
    for seed in (1, 2, 3):
        off = 0.001 * seed
        alone = {"valid_loss": [3.1 + off], "together_loss": [3.0 + off]}
        fabricate.run(tmp_path, "lm_alone", seed, [alone, alone], sweep="language")
        fabricate.run(
            tmp_path, "lm_codist", seed, [{"valid_loss": [codist + off]}] * 2, sweep="language"
        )
    arms = results.read("laptop", ["language"], [tmp_path])
    found = {claim.id: claim.verdict(arms) for claim in fig2.CLAIMS}
    assert found["anil_fig2.nearer_to_ensemble"].verdict == verdict
    assert found["anil_fig2.nearer_to_ensemble"].evidence.gap == pytest.approx(codist - 3.05)
    assert found["anil_fig2.ensemble_below"].evidence.gap == pytest.approx(3.0 - codist)
