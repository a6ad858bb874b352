"""Core hours: sums by pencil and paper over made-up runs, and the two times that the project promises."""

import gzip
import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from figures.evidence import core_hours, planned
from figures.evidence.consistency import Unreadable


def end(root, place, **done):
    folder = root.joinpath(*map(str, place))
    folder.mkdir(parents=True)
    (folder / "done.json").write_text(json.dumps({"placement": "one process"} | done))
    name = "views" if place[1] == "nway" else "digits"
    (folder / "config.yaml").write_text(f"workload:\n  name: {name}\nseed: {place[-1]}\n")


@pytest.fixture
def roots(tmp_path):
    """Five runs on cores, of 9,720 s = 2.7 h together, and one on a GPU."""
    three, fresh = tmp_path / "three", tmp_path / "fresh"
    end(three, ("laptop", "regularization", "all_reduce", 1), seconds=9000.0, cpu_seconds=3600.0)
    end(three, ("laptop", "regularization", "all_reduce", 2), seconds=9000.0, cpu_seconds=1800.0)
    end(three, ("laptop", "batch", "batch_128", 1), seconds=720.0)  # older: no CPU time
    end(three, ("gpu", "batch", "batch_128", 1), seconds=5e5, machine={"gpu": "a card"})
    end(fresh, ("laptop", "batch", "batch_128", 4), seconds=900.0, cpu_seconds=1080.0)
    end(fresh, ("laptop", "nway", "nway_4", 4), seconds=2600.0, cpu_seconds=2520.0)
    return {"results": three, "fresh": fresh}


def test_core_hours_by_set_scale_and_sweep(roots):
    lines = [line.split() for line in core_hours.table(core_hours.read(roots))[1:]]
    assert lines == [
        ["results", "laptop", "batch", "1", "0.20"],
        ["results", "laptop", "regularization", "2", "1.50"],
        ["results", "laptop", "all", "3", "1.70"],
        ["fresh", "laptop", "batch", "1", "0.30"],
        ["fresh", "laptop", "nway", "1", "0.70"],
        ["fresh", "laptop", "all", "2", "1.00"],
        ["all", "5", "2.70"],
    ]


def test_core_hours_by_workload(roots):
    """nway_4 is of views here: 2,520 s; the other four runs take 7,200 s."""
    line = core_hours.by_workload(core_hours.read(roots))
    assert line == "core hours by workload: digits 2.00, views 0.70"


def test_times_on_two_cores_and_their_goals(roots):
    """9,720 s on two cores are 1.35 h. Of Figure 2, results have 6,120 s and fresh 1,080 s."""
    everything, results, fresh = core_hours.goals(core_hours.read(roots))
    assert everything == "retraining all runs on 2 cores: 1.35 h, within the goal of 6 h"
    # the longest run, one hour, takes longer than half of all
    assert results.endswith("(2 of 11 arms, 3 runs): 1.00 h, ABOVE the goal of 15 min")
    # the only run of Figure 2 there
    assert fresh.endswith("(1 of 11 arms, 1 runs): 18.0 min, ABOVE the goal of 15 min")


def test_what_the_plan_still_wants_is_estimated_by_the_same_arm(roots, monkeypatch):
    """all_reduce: two of 45 min each; a third of nway_4 is 42 min; nobody_yet has no run to go by."""
    wanted = {
        ("regularization", "all_reduce"): (7, 8),
        ("nway", "nway_4"): (7,),
        ("new", "nobody_yet"): (7, 8),
    }
    plan = SimpleNamespace(seeds={"laptop": wanted}, runs=Path("planned"))
    monkeypatch.setattr(planned, "rounds", lambda: (plan,))
    runs = core_hours.read(roots)
    assert core_hours.missing(runs) == (5, 2 * 2700 + 2520, 2)
    one_there = [*runs, core_hours.Run("planned", "laptop", "nway", "nway_4", "digits", 2520.0)]
    assert core_hours.missing(one_there)[:2] == (4, 2 * 2700)


def test_a_run_over_ranks_is_refused_since_one_rank_logs_its_time(roots):
    end(roots["fresh"], ("laptop", "nway", "nway_4", 5), seconds=9.0, placement="4 ranks")
    with pytest.raises(Unreadable, match="expected a run in one process, got 4 ranks"):
        core_hours.read(roots)


def test_the_sum_of_the_plans_runs_is_that_of_its_packed_ends():
    """Read here as anybody may, without figures."""
    root = core_hours.shipped()["planned"]
    ends = [json.loads(line)["done"]
            for path in sorted(root.glob("*/*.runs.jsonl.gz"))
            for line in gzip.open(path, "rt")]  # fmt: skip
    found = core_hours.read({"planned": root})
    assert len(found) == len(ends) > 800
    assert sum(run.seconds for run in found) == pytest.approx(
        sum(end["cpu_seconds"] for end in ends)
    )
