"""Schedules by pencil; all times in epochs."""

import math

import pytest

from codist.errors import Refused
from codist.schedules import Schedule


def test_a_constant():
    assert {Schedule(0.3)(epoch, 90) for epoch in (0, 7.5, 90)} == {0.3}


def test_goyals_steps_with_warm_up():
    """v1 §3.1: 512 images, 0.2 after five epochs of warm-up from 0.1, a tenth at 30, 60, 80."""
    lr = Schedule(0.2, at=[30, 60, 80], warmup=5, warmup_from=0.1)
    assert [lr(e, 90) for e in (0, 2.5, 5, 29.9)] == pytest.approx([0.1, 0.15, 0.2, 0.2])
    assert [lr(e, 90) for e in (30, 60, 80, 90)] == pytest.approx([0.02, 0.002, 0.0002, 0.0002])


def test_weight_decay_in_given_values():
    """v2 A.4.2: 1e-4, 1e-5 at the first milestone, none at the second."""
    decay = Schedule(1e-4, at=[18, 38], values=[1e-5, 0])
    assert [decay(e, 45) for e in (0, 17.99, 18, 38, 45)] == [1e-4, 1e-4, 1e-5, 0, 0]


def test_half_a_cosine():
    lr = Schedule(0.4, kind="cosine")
    assert [lr(e, 90) for e in (0, 45, 90)] == pytest.approx([0.4, 0.2, 0.0])
    assert lr(30, 90) == pytest.approx(0.4 * (1 + math.cos(math.pi / 3)) / 2)


def test_growth_by_the_epoch():
    alpha = Schedule(0.5, kind="growth", factor=1.1)
    assert [alpha(e, 10) for e in (0, 0.9, 1, 2.5)] == pytest.approx([0.5, 0.5, 0.55, 0.605])


def test_inverse_square_root_after_its_warm_up():
    lr = Schedule(1e-3, kind="inverse_sqrt", warmup=4)
    assert [lr(e, 100) for e in (0, 2, 4, 16)] == pytest.approx([0, 5e-4, 1e-3, 5e-4])


def test_burn_in_is_zero_until():
    alpha = Schedule(1.0, until=3)
    assert [alpha(e, 10) for e in (0, 2.99, 3, 9)] == [0, 0, 1, 1]


def test_a_third_of_the_epochs_keeps_the_shape():
    lr = Schedule(0.2, at=[30, 60, 80], warmup=5, warmup_from=0.1)
    for share in (0, 0.02, 0.2, 0.4, 0.7, 0.95):
        assert lr.shorter(3, 3)(30 * share, 30) == pytest.approx(lr(90 * share, 90))
    assert Schedule(1, kind="growth", factor=1.1).shorter(3, 3)(10, 10) == pytest.approx(1.1**30)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "gowth"}, "did you mean growth?"),
        ({"at": [3, 2]}, r"must be strictly increasing; set \[2, 3\]"),
        ({"at": [2, 2]}, "must be strictly increasing"),
        ({"at": [11]}, "within the run's 10 epochs"),
        ({"at": [1], "kind": "cosine"}, "needs lr.kind=steps"),
        ({"at": [1], "values": [1, 2]}, "one value for each of 1 milestones"),
        ({"start": -1}, "lr.start must be 0 or more"),
        ({"warmup": float("nan")}, "lr.warmup must be 0 or more"),
        ({"kind": "inverse_sqrt"}, "set lr.warmup above 0"),
    ],
)
def test_contradictions_are_refused(wrong, says):
    with pytest.raises(Refused, match=says):
        Schedule(**wrong).check("lr", 10)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        (Schedule(), "0"),
        (Schedule(0.1, at=[1.5], values=[0.0]), "0.1, 0 from 1.5"),
        (
            Schedule(0.1, kind="cosine", warmup=5, warmup_from=0.01),
            "0.1, half a cosine to 0, up from 0.01 until 5",
        ),
        (Schedule(1.0, kind="growth", factor=1.1), "1, times 1.1 each"),
        (Schedule(1.0, until=2.5), "1, 0 until 2.5"),
    ],
)
def test_a_schedule_is_told_in_words(schedule, told):
    assert schedule.description == told
