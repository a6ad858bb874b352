"""The rows of a run in the page's JSON: which digits stay, and which columns are merged."""

from math import inf, nan

import numpy as np
import polars as pl
import pytest

from figures.page.rows import numbers, packed, rounded


@pytest.mark.parametrize(
    ("number", "five_digits"),
    [
        (2 / 3, 0.66667),
        (0.000123456, 0.00012346),
        (76.12345, 76.123),
        (123456.7, 123460),
        (1e-30, 0),
        (-2 / 3, -0.66667),
        (78.125, 78.125),
        (9.99999, 10),
        (12_345_678, 12_345_678),  # whole: bits
        (0.0, 0),
        (nan, None),
        (inf, None),
    ],
)
def test_a_number_keeps_five_digits_and_a_whole_one_all(number, five_digits):
    ((found,),) = numbers(rounded(np.array([[number]]), 5))
    assert found == five_digits and len(repr(found)) <= len("0.00012346")


def test_equal_models_are_merged_and_then_equal_rows():
    rows = pl.DataFrame(
        {
            "model": [0.0, 0.0, 1.0, 1.0],
            "update": [1.0, 2.0, 1.0, 2.0],
            "lr": [0.1] * 4,
            "train_loss": [1.5, 0.5, 2.5, nan],
            "valid_loss": [nan] * 4,
            "sent_bits": [8.0] * 4,
        }
    )
    assert packed(rows, ["sent_bits"]) == {
        "update": [[1, 2]],
        "lr": 0.1,
        "train_loss": [[1.5, 0.5], [2.5, None]],
    }


def test_models_of_which_one_ended_early_are_not_merged():
    rows = pl.DataFrame({"model": [0.0, 0.0, 1.0], "update": [1.0, 2.0, 1.0], "lr": [0.1] * 3})
    assert packed(rows, []) == {"update": [[1, 2], [1]], "lr": [[0.1, 0.1], [0.1]]}


def test_a_run_that_diverged_before_its_first_row_has_none():
    assert packed(pl.DataFrame(schema={"model": pl.Float64, "lr": pl.Float64}), []) == {}
