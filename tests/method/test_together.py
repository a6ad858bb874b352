"""Groups of models: the loss of their mean prediction and their churn, by pencil and paper and in every placement."""

import math
import statistics

import pytest
import torch
from small import NONE, log_of, rows_anywhere, small, trained
from test_placement import spread

from codist.errors import Refused
from codist.exchange import exchange_options
from codist.together import of_groups

NAMES = {"together_loss", "churn", "together_churn"}


def log(*rows):
    return torch.tensor(rows, dtype=torch.float64).log()


# ---- by pencil and paper


def test_the_loss_of_a_group_is_that_of_its_mean_probability():
    """Labels have probabilities 0.5, 0.8 by one model and 0.1, 0.4 by the other: 0.3, 0.6 by both."""
    found = of_groups(log([0.5, 0.8], [0.1, 0.4]), 2)
    expected = -(math.log(0.3) + math.log(0.6)) / 2
    assert [found[i]["together_loss"] for i in (0, 1)] == pytest.approx([expected] * 2, rel=1e-12)
    assert found[0]["churn"] is found[0]["together_churn"] is None


def test_churn_is_between_models_at_the_same_place_of_different_groups():
    """Two pairs: 0 and 2 differ by 0.1 and 0.3, 1 and 3 by 0.4 and 0.2; the pairs' means by 0.25 and 0.05."""
    found = of_groups(log([0.5, 0.8], [0.1, 0.4], [0.6, 0.5], [0.5, 0.6]), 2)
    assert [found[i]["churn"] for i in range(4)] == pytest.approx([0.2, 0.3, 0.2, 0.3])
    assert found[0]["together_churn"] == pytest.approx((0.25 + 0.05) / 2)
    found = of_groups(log([0.5, 0.8], [0.6, 0.5], [0.5, 0.4]), 1)
    assert [found[i]["churn"] for i in range(3)] == pytest.approx([0.2, 0.15, 0.15])
    assert [found[i]["together_churn"] for i in range(3)] == [found[i]["churn"] for i in range(3)]


def test_identical_retrains_have_no_churn_and_a_model_alone_has_its_own_loss():
    pair = [[0.5, 0.8, 0.9], [0.1, 0.4, 0.7]]
    found = of_groups(log(*pair, *pair), 2)
    assert {found[i][name] for i in range(4) for name in ("churn", "together_churn")} == {0.0}
    alone = of_groups(log([0.5, 0.25]), 1)[0]
    assert alone["together_loss"] == pytest.approx(1.5 * math.log(2))


def test_of_two_classes_it_is_anil_et_als_whatever_the_label_is():
    """Anil et al. compare the probability of a click; here half of the examples are clicks."""
    click = torch.tensor([[0.2, 0.9, 0.4, 0.7], [0.3, 0.6, 0.4, 0.5]], dtype=torch.float64)
    label = torch.tensor([1, 0, 0, 1])
    of_label = torch.where(label == 1, click, 1 - click)
    theirs = (click[0] - click[1]).abs().mean().item()
    assert of_groups(of_label.log(), 1)[0]["churn"] == pytest.approx(theirs, rel=1e-12)


def test_probabilities_that_vanish_in_fp32_are_averaged():
    found = of_groups(torch.tensor([[-900.0], [-1000.0]]), 2)
    assert found[0]["together_loss"] == pytest.approx(900 + math.log(2), rel=1e-12)


# ---- in a run

PAIRS = {
    "predictions": {"exchange": exchange_options("predictions", group=2)},
    "checkpoints": {
        "exchange": exchange_options("checkpoints", period=2, group=2),
        "sampling": "independent",
    },
    "no exchange": {**NONE, "sampling": "independent"},
}


@pytest.mark.parametrize("case", PAIRS)
@pytest.mark.parametrize("m", [1, 2])
def test_rows_are_the_same_in_every_placement_bitwise(tmp_path, case, m):
    run = small(n=4, together=2, epochs=1.0, **PAIRS[case])
    trained(tmp_path / "alone", run)
    spread(tmp_path / "ranks", run, 4 * m)
    alone = rows_anywhere(tmp_path / "alone", 4)
    assert rows_anywhere(tmp_path / "ranks", 4) == alone
    assert all(row[name] > 0 for rows in alone for row in rows for name in NAMES)


def test_the_mean_prediction_is_not_worse_than_the_models_mean_loss(tmp_path):
    """Jensen's inequality, for both pairs in every row; a pair has one loss."""
    trained(tmp_path, small(n=4, together=2, **PAIRS["no exchange"]))
    rows = log_of(tmp_path, 4)
    for of_end in zip(*rows, strict=True):
        for pair in (of_end[:2], of_end[2:]):
            assert pair[0]["together_loss"] == pair[1]["together_loss"]
            assert pair[0]["together_loss"] < statistics.mean(row["valid_loss"] for row in pair)
        assert of_end[0]["churn"] == of_end[2]["churn"] != of_end[1]["churn"]
        assert len({row["together_churn"] for row in of_end}) == 1


def test_one_models_mean_prediction_is_its_own(tmp_path):
    trained(tmp_path, small(n=2, together=1, **NONE))
    for rows in log_of(tmp_path):
        assert rows[-1]["together_loss"] == pytest.approx(rows[-1]["valid_loss"], rel=1e-6)
        assert rows[-1]["churn"] == rows[-1]["together_churn"] > 0


def test_without_it_rows_have_none_of_them_and_are_equal_otherwise(tmp_path):
    trained(tmp_path / "without", small())
    trained(tmp_path / "with", small(together=2))
    for one, two in zip(log_of(tmp_path / "without"), log_of(tmp_path / "with"), strict=True):
        assert not NAMES & one[-1].keys()
        assert [{k: v for k, v in row.items() if k not in NAMES} for row in two] == one
        assert two[-1]["churn"] is None and two[-1]["together_churn"] is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"n": 4, "together": 3}, "together=3 does not divide n=4 .* set one of 1, 2, 4, or 0"),
        ({"n": 2, "together": -1}, "together=-1 does not divide n=2"),
        (
            {"n": 4, "together": 2},
            "puts models 0 and 2 in two groups, and they learn from each other",
        ),
        (
            {"n": 4, "together": 1, "exchange": exchange_options("predictions", group=2)},
            "puts models 0 and 1 in two groups",
        ),
    ],
)
def test_groups_that_cannot_be_are_refused(changes, says):
    with pytest.raises(Refused, match=says):
        small(**changes)


def test_a_group_may_hold_several_groups_of_the_exchange():
    small(n=8, together=4, exchange=exchange_options("predictions", group=2))
