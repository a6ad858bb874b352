"""Runs whose ranks are killed at random: they end with the same bits, and say how often and how long."""

import json
import signal
import subprocess
import time

import pytest
from hydra import initialize_config_dir
from test_local import command, typed

from codist import run_folder
from codist.errors import Refused
from codist.failures import Failures
from codist.metrics import PLACED, TIMES
from codist.rows import rows
from launch import jobs
from launch.compose import SWEEPS
from launch.work import work

SHORT = ("scaling.epochs=30", "lr.at=[]", "weight_decay.at=[]", "weight_decay.values=[]", "workload.width=2",
         "workload.redraws=1", "scaling.period=150", "measured_every=0.5", "place.save_seconds=0.3",
         "place.shipped=null")  # fmt: skip
FAIL = ("place.failures.update=0.05", "place.failures.between=4", "place.failures.restart=0.2")
OF_PLACE = TIMES + PLACED


@pytest.fixture(scope="module")
def failed(tmp_path_factory):
    """The folder with a run of each kind, whose ranks were killed."""
    runs = tmp_path_factory.mktemp("failing")
    arms = "arm=files_every_10,predictions_every_10,all_reduce_every_10"
    given = ("-m", "sweep=ours_alive", arms, "seed=1", *SHORT, *FAIL, f"place.runs={runs}")
    code, _, err = typed(*given)
    assert code == 0, err
    return runs / "laptop" / "ours_alive"


@pytest.mark.parametrize("kind", ["files", "predictions", "all_reduce"])
def test_a_run_tells_its_failures_and_the_time_from_its_first_start(failed, kind):
    facts = run_folder.ended(failed / f"{kind}_every_10" / "1")
    assert facts["outcome"] == "finished" and facts["failures"] > 0
    # each failure costs a restart, and an update has its length also where it is repeated
    lost = 0.2 * facts["failures"] / (2 if kind == "files" else 1)
    assert facts["elapsed"] >= 0.05 * facts["updates"] + lost
    ranks = {"files": "2 groups apart", "predictions": "2 ranks", "all_reduce": "2 ranks"}[kind]
    assert facts["placement"].startswith(ranks)


def test_ranks_that_were_killed_end_with_the_bits_of_a_process_that_was_not(failed, tmp_path):
    once = ("place.failures.update=0", "place.failures.restart=0", f"place.runs={tmp_path}")
    code, _, err = typed("sweep=ours_alive", "arm=predictions_never", "seed=1", *SHORT, *once)
    assert code == 0, err
    for model in range(2):
        pair = (
            [
                {name: value for name, value in row.items() if name not in OF_PLACE}
                for row in rows(folder / "1", model)
            ]
            for folder in (
                failed / "predictions_every_10",
                tmp_path / "laptop/ours_alive/predictions_never",
            )
        )
        killed, whole = pair
        assert killed == whole and len(whole) > 1


def test_a_command_that_is_stopped_goes_on_and_counts_what_passed_before(tmp_path):
    arm = ("sweep=ours_alive", "arm=predictions_every_10", "seed=1")
    given = (*arm, *SHORT, *FAIL, f"place.runs={tmp_path}")
    folder = tmp_path / "laptop/ours_alive/predictions_every_10/1"
    first = subprocess.Popen(command("-m", *given), stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 200
    while not (past := run_folder.read(folder / "failures.json", json.loads)):
        assert time.monotonic() < until and first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGINT)
    assert first.wait(60) == 130, first.stderr.read()
    stopped = run_folder.read(folder / "failures.json", json.loads)
    assert stopped["elapsed"] >= past["elapsed"] and run_folder.done(folder) is None
    code, _, err = typed(*given)
    assert code == 0, err
    facts = run_folder.ended(folder)
    assert facts["failures"] >= stopped["failures"] >= 1
    assert facts["elapsed"] > stopped["elapsed"]


def test_one_rank_that_torchrun_or_slurm_started_is_refused(tmp_path):
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        job = jobs.single(["sweep=ours_alive", "arm=predictions_never", f"place.runs={tmp_path}"])
    with pytest.raises(Refused, match=r"place\.failures is for runs of a sweep on this machine"):
        work(job)


def test_lives_are_exponential_and_given_by_seed_rank_and_failures():
    plan = Failures(update=0.1, between=10.0)
    lives = [plan.lifetime(seed, 0, failures) for seed in range(100) for failures in range(100)]
    assert len(set(lives)) == len(lives)
    assert sum(lives) / len(lives) == pytest.approx(10, rel=0.05)
    assert sum(life > 10 for life in lives) / len(lives) == pytest.approx(0.368, abs=0.02)
    assert plan.lifetime(1, 0, 2) == plan.lifetime(1, 0, 2) != plan.lifetime(1, 1, 2)
    assert Failures(update=0.1).lifetime(1, 0, 0) == float("inf")
