"""The use of a store by pencil and paper, by simulation, and as `plan` prints it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from arms import hydra_initialized

from bench import staleness
from bench.groups import simulated
from codist.exchange import Options
from codist.exchange.predictions import Options as Predictions
from codist.store_notes import clock, lines, readable
from codist.store_use import StoreUse
from launch import cost, jobs, plan

# 4 groups, all peers; a checkpoint of 1 GB every 100 s; 8 s to write or read it
USE = StoreUse(groups=4, peers=3, bits=8e9, period=100, update_seconds=1.0, link=1e9)
SLOW = replace(USE, link=1e8)  # 80 s; to read three takes longer than a period
SLOWER = replace(USE, link=4e7)  # 200 s; to write one, too
PAGE = (Path(__file__).parents[2] / "docs" / "files.md").read_text()
QUICK = [case for case in staleness.WORKED if case[0] == 2 and case[2:] != (100, True)]


def test_bytes_and_requests_of_an_hour():
    assert USE.puts == 36 and USE.gets == 3 * 36
    assert USE.lists == pytest.approx(36 + 3 * 3600 / (12.5 / (1 - 0.24)))
    assert USE.stored_bytes == 4 * 3 * 1e9
    assert replace(USE, link=0.0).lists == 36 + 3 * 36 * 8


def test_the_age_without_a_link_is_one_period_and_half_a_pause():
    alone = replace(USE, link=0.0, update_seconds=2.0)
    assert alone.age_updates == 50 + 100 / 16 + 50 and alone.age_seconds == 2 * alone.age_updates


def test_the_age_adds_what_writing_looking_and_reading_take():
    """A round has a pause of 12.5 s, and reads for 24 % of its time."""
    assert USE.looks_every == pytest.approx(12.5 / 0.76)
    assert USE.age_seconds == pytest.approx((50 + 8) + (12.5 / 0.76 / 2 + 8) + 50)
    assert USE.heard_every == 1


def test_a_link_too_slow_to_read_all_in_a_period():
    assert SLOW.looks_every == 12.5 + 240 and SLOW.heard_every == 2.525
    assert SLOW.age_seconds == (50 + 80) + (252.5 / 2 + 80) + 50
    assert SLOW.gets == pytest.approx(3 * 3600 / 252.5) and SLOW.puts == 36


def test_a_link_too_slow_to_write_one_in_a_period():
    assert SLOWER.published_every == 200 and SLOWER.puts == 18
    assert SLOWER.age_seconds == (100 + 50 + 200) + (612.5 / 2 + 200) + 50


@pytest.mark.parametrize("use", [SLOW, SLOWER])
def test_the_period_that_is_enough_is_the_shortest_in_which_all_is_heard(use):
    assert replace(use, period=use.enough).heard_every == 1
    assert replace(use, period=use.enough - 1).heard_every > 1


def test_failures_stretch_each_stage_and_a_dead_peers_file_ages():
    """1,000 s of running, then 100 s down: 10 % longer, and 100^2 / 1,100 s."""
    failing = replace(USE, link=0.0, between_failures=1000.0, restart=100.0)
    assert failing.age_seconds == pytest.approx(1.1 * 106.25 + 100**2 / 1100)
    assert failing.puts == pytest.approx(36 / 1.1)


def near(use: StoreUse) -> float:
    """The simulated age over the formula's, which must be within the bench's tolerance."""
    ratio = simulated(use) / use.age_seconds
    assert abs(ratio - 1) <= staleness.TOLERANCE
    return ratio


@pytest.mark.parametrize("what", staleness.FEW)
def test_few_simulated_groups_are_as_stale_as_the_formula_says(what):
    near(staleness.FEW[what])


@pytest.mark.parametrize("case", QUICK, ids=str)
def test_64_simulated_groups_are_as_stale_as_the_formula_and_the_page_say(case):
    assert abs(near(staleness.WORKED[case]) - ratio_of(case)) < 0.02


def test_peers_that_fail_for_long_are_as_stale_as_the_formula_says():
    """Down for a quarter of the time, in which their files get 1,200 s older: 300 s of 1,456 s."""
    near(StoreUse(64, 2, 8e9, 400, 2.0, 1e9, between_failures=3600.0, restart=1200.0))


def ratio_of(case) -> float:
    """The ratio in the row of the page; all else in the row must be the formula's."""
    [row] = [
        one for one in PAGE.splitlines() if re.match(re.escape(staleness.row(*case, 1.0)[:-7]), one)
    ]
    return float(row.split("|")[-2])


@pytest.mark.parametrize("case", staleness.WORKED, ids=str)
def test_the_page_has_the_numbers_of_the_formula(case):
    assert abs(ratio_of(case) - 1) <= staleness.TOLERANCE


def test_the_page_has_the_lines_of_plan():
    for line in lines(staleness.WORKED[2, "half", 100, False]):
        assert line in PAGE


def test_plan_tells_of_a_link_that_is_too_slow():
    slow = "\n".join(lines(SLOW))
    assert "at 100 Mb/s a group: 80 s to write a checkpoint, 240 s to read one of each peer" in slow
    assert "that is too slow, 40% of what a peer publishes is heard; " in slow
    assert f"set exchange.period={SLOW.enough} or more" in slow and "exchange.peers=ring" in slow
    assert "exchange.peers=ring" not in "\n".join(lines(replace(SLOWER, peers=2)))
    assert "too slow" not in "\n".join(lines(USE))
    assert lines(replace(USE, link=0.0))[-1].endswith(
        "set place.link to the bits a second of a group"
    )


def test_sizes_and_times_have_three_digits():
    assert list(map(readable, (0, 999, 1.2e6, 4e9, 931.4e9, 2.5e15))) == [
        "0 B", "999 B", "1.2 MB", "4 GB", "931 GB", "2,500 TB"
    ]  # fmt: skip
    assert list(map(clock, (0.256, 99.9, 2016))) == ["0.256 s", "99.9 s", "2,016 s"]


class Noted(Predictions):
    def notes(self, run, update_seconds):
        return [f"n={run.n}, {update_seconds:.6f} s"]


def test_plan_prints_what_an_exchange_notes_once_for_arms_that_share_it(capsys):
    """An update of one model takes that of the run, one core after the other, over n."""
    with hydra_initialized():
        given = jobs.jobs(["sweep=regularization", "seed=1,2"])
    arms: dict = {}
    for job in given:
        if job.run.n == 2:
            job.run.exchange = Noted()
        arms.setdefault((job.run.sweep, job.run.arm, job.variant), []).append(job)
    assert Options().notes(given[0].run, 1.0) == []
    plan.show_notes(arms, {}, {given[0].run.workload.name: 2.0})
    two = [one for (_, one, _), of in arms.items() if of[0].run.n == 2]
    [job, *_] = [one for one in given if one.run.n == 2]
    update = 2.0 * cost.took(job, 1) / job.run.n / job.run.updates
    assert (
        len(two) > 1 and f"\n{', '.join(two)}:\n  n=2, {update:.6f} s\n" == capsys.readouterr().out
    )
