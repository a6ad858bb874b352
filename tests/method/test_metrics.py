"""The one table of metrics: what runs log is in it, docs show it, and a workload's scores find their lines."""

import json
from pathlib import Path

import pytest

from codist import metrics
from codist.errors import Refused
from codist.unpacked import unpacked
from figures.evidence import metric_table

ROOT = Path(__file__).parents[2]
LOGS = sorted(unpacked(ROOT / "paper" / "results").glob("*/*/*/1/model0.jsonl"))


def test_every_number_of_every_shipped_row_is_in_the_table():
    assert LOGS
    for log in LOGS:
        unknown = json.loads(log.read_text().splitlines()[0]).keys() - metrics.BY_NAME.keys()
        assert not unknown, log


def test_a_null_stands_only_where_the_table_allows_it():
    for log in LOGS:
        ended = json.loads((log.parent / "done.json").read_text())["outcome"]
        for row in map(json.loads, log.read_text().splitlines()):
            nulls = {name for name, value in row.items() if value is None}
            assert ended == "diverged" or nulls <= {*metrics.MAY_BE_NULL}, log


def test_the_page_on_run_folders_shows_the_table():
    assert metric_table.text() in metric_table.PAGE.read_text(), f"run {metric_table.HOW}"


def test_a_name_is_that_of_one_metric():
    assert len(metrics.BY_NAME) == len(metrics.METRICS)
    assert {one.fallback for one in metrics.METRICS} - {""} <= metrics.BY_NAME.keys()


def test_a_score_becomes_a_mean_and_in_percent_where_its_metric_is():
    assert metrics.mean_of("nll", 12.0, 8) == ("valid_loss", 1.5)
    assert metrics.mean_of("top1", 6, 8) == ("valid_top1", 75.0)


def test_a_score_or_a_metric_without_a_line_is_refused():
    with pytest.raises(
        Refused,
        match=r"returned auc, which is the score of no metric in codist/metrics.py; there is: nll, top1",
    ):
        metrics.mean_of("auc", 1.0, 2)
    with pytest.raises(
        Refused, match=r"valid_top is no metric of codist/metrics.py; did you mean valid_top1\?"
    ):
        metrics.metric("valid_top")
