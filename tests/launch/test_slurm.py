"""Runs over the nodes of a real Slurm equal runs in one process; errors are shown and not tried again.

make test-slurm runs this file and the others of its kind, test_slurm_*.py, at once. Most of the time
goes into imports of torch.
"""

import re

import pytest
from cluster import (
    PATIENT,
    disturbed,
    folder,
    restarts,
    said,
    same_as,
    slowed,
    slurm_job,
    typed,
    until,
)

from codist import run_folder

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("cluster")]
SEEDS = "1,2,3"  # that `alone` trains


# ---- the main job


def test_a_sweep_over_two_nodes_equals_one_process_bitwise_and_is_not_submitted_again(
    tmp_path, alone
):
    first = typed(tmp_path, "seed=1,2,3")
    until(lambda: (folder(tmp_path, 3) / "slurm.json").exists(), "all submitted")
    second = typed(tmp_path, "seed=1,2,3")  # while the first runs: it waits for the same jobs
    assert first.wait(2 * PATIENT) == 0, said(tmp_path)
    assert second.wait(PATIENT) == 0, said(tmp_path)
    for seed in (1, 2, 3):
        same_as(alone, tmp_path, seed)
        assert (
            run_folder.done(folder(tmp_path, seed))["placement"]
            == "4 ranks: 2 models x 2 shards, gloo"
        )
        assert restarts(tmp_path, seed) == 0
    jobs = {slurm_job(tmp_path, seed) for seed in (1, 2, 3)}
    made = {path.name for path in (tmp_path / "slurm").glob("[0-9]*_*")}
    assert made == jobs  # three runs, three jobs: neither command submitted one twice
    assert typed(tmp_path, "seed=1,2,3").wait(PATIENT) == 0
    assert "3 runs, 3 done, 0 to run" in said(tmp_path)
    assert {path.name for path in (tmp_path / "slurm").glob("[0-9]*_*")} == jobs
    assert typed(tmp_path, "seed=1,2,3", word="status").wait(PATIENT) == 0
    assert "3 done" in said(tmp_path).splitlines()[-1]


def test_detached_it_returns_at_once_and_status_tells_also_where_both_models_share_a_node(
    tmp_path, alone
):
    # on a busy machine status takes seconds, in which a run of few updates would come and go
    slow = slowed(tmp_path, 0.2)
    options = ("seed=1", "hydra.launcher.wait=false", "hydra.launcher.gpus_per_node=4")
    detached = typed(tmp_path, *options, environment=slow)
    assert detached.wait(60) == 0
    assert "to see their status: python src/run.py status" in said(tmp_path)
    assert not run_folder.done(folder(tmp_path))

    def stands():
        assert typed(tmp_path, "seed=1", word="status").wait(60) == 0
        return said(tmp_path).splitlines()[-2]

    until(
        lambda: (
            "queued" in (line := stands())
            or "running: starting" in line
            or "running: update" in line
        ),
        "queued",
    )
    # one of the lines so far, since the run may end between two of them
    until(
        lambda: stands() and re.search(r"running: update .* left \(job ", said(tmp_path)), "running"
    )
    until(lambda: "done: finished at update" in stands(), "done")
    assert run_folder.done(folder(tmp_path))["placement"] == "4 ranks: 2 models x 2 shards, gloo"
    same_as(alone, tmp_path)


# ---- what does not


@pytest.mark.parametrize(
    ("after", "seeds"),
    [("leave", "1,2"), ("averaged", "1")],
    ids=["after its last collective", "in its first update"],
)
def test_an_error_in_one_rank_fails_the_sweep_shows_its_words_and_is_not_tried_again(
    tmp_path, after, seeds
):
    fault = disturbed(tmp_path, after, "raise ValueError('planned')", "SLURM_PROCID", "3")
    sweep = typed(tmp_path, f"seed={seeds}", "epochs=1", environment=fault)
    assert sweep.wait(PATIENT) == 1, said(tmp_path)
    for seed in map(int, seeds.split(",")):
        line = f"failed: regularization/codist_decayed/{seed}: rank 3: ValueError: planned"
        assert line in said(tmp_path), said(tmp_path)
        assert restarts(tmp_path, seed) == 0
    assert "runs failed" in said(tmp_path)
    if after == "averaged":
        typed(tmp_path, f"seed={seeds}", "epochs=1", word="status").wait(60)
        assert "failed: rank 3: ValueError: planned (job " in said(tmp_path)
