"""Ranks that die or fall silent, folders that two want, and runs started by hand."""

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import commands
import pytest
from many import on_ranks
from small import log_of, small, state_of, trained, weights

from codist import checkpoint, ranks, run_folder, runlog
from codist import train as loop
from codist.errors import Lost, Refused, Stopped
from codist.presence import ROLL_CALL
from codist.schedules import Schedule
from launch.jobs import Job
from launch.work import work

ROOT = Path(__file__).parents[2]
PATIENCE = 10.0  # seconds; a busy machine has let a live rank wait for 3 s


def job_in(folder, **changes):
    run = small(**changes)
    run.place.patience = PATIENCE
    return Job((), run, folder, None)


def test_ranks_train_and_write_one_folder(tmp_path):
    job = job_in(tmp_path)
    facts = on_ranks(4, lambda rank: work(job))
    assert all(one["outcome"] == "finished" for one in facts)
    assert run_folder.done(tmp_path)["placement"] == "4 ranks: 2 models x 2 shards, gloo"
    assert weights(state_of(tmp_path)) == weights(trained(tmp_path / "alone", small()))


@pytest.mark.parametrize("which", [0, 2])
@pytest.mark.parametrize("how", [signal.SIGSTOP, signal.SIGKILL], ids=["stopped", "killed"])
def test_a_rank_that_is_gone_is_named_within_the_patience_and_the_run_goes_on_later(
    tmp_path, how, which
):
    job = job_in(tmp_path / "run", epochs=40.0, n=3)
    job.run.place.save_seconds = 0

    def of_rank(rank):
        at = 0.0

        def report(update):
            nonlocal at
            at = time.monotonic()
            if update == 20 and rank == which:
                os.kill(os.getpid(), how)

        try:
            work(job, report)
        except Lost as error:
            return str(error), time.monotonic() - at

    said = on_ranks(3, of_rank, gone=which)
    told = [one for rank, one in enumerate(said) if rank != which]
    for what, seconds in told:
        assert what.startswith(f"rank {which} did not answer"), what
        assert "; the run resumes from its last checkpoint" in what
        assert seconds < 1.5 * PATIENCE + ROLL_CALL + 7  # the last: a slow machine
    assert state_of(tmp_path / "run")["update"] >= 15  # a save an update, agreed on one later


def test_a_rank_that_is_only_slow_is_waited_for_longer_than_the_patience(tmp_path):
    """Beam search in one model may take longer than in another, and so may a save, which is rank 0's alone."""
    job = job_in(tmp_path)
    job.run.place.patience, save = 2.0, checkpoint.save

    def of_rank(rank):
        real = loop.at_the_end
        if rank == 1:
            loop.at_the_end = lambda *given: (time.sleep(7), real(*given))[1]
        checkpoint.save = lambda *given: (time.sleep(7), save(*given))[1]
        return work(job)["outcome"]

    assert on_ranks(2, of_rank) == ["finished", "finished"]


def test_a_rank_that_falls_silent_where_others_wait_for_it_is_named(tmp_path):
    job = job_in(tmp_path)
    job.run.place.patience = 1.0

    def of_rank(rank):
        if rank == 1:
            loop.at_the_end = lambda *given: os.kill(os.getpid(), signal.SIGSTOP)
        with pytest.raises(
            Lost,
            match=r"^rank 1 did not answer rank 0 within 1 s; after update 9 of 9; the run resumes",
        ):
            work(job)

    on_ranks(2, of_rank, gone=1)


def test_ranks_that_are_not_all_started_are_lost_not_failed(tmp_path, monkeypatch):
    """Slurm tries again what is lost."""
    monkeypatch.setattr(ranks, "STARTED", timedelta(seconds=2))

    def of_rank(rank):
        os.environ["WORLD_SIZE"] = "4"
        with pytest.raises(
            Lost, match=r"^not all ranks joined: .*; the run resumes from its last checkpoint$"
        ):
            work(job_in(tmp_path))

    on_ranks(2, of_rank)


def test_a_timed_save_is_made_once_though_it_is_agreed_on_an_update_later(tmp_path):
    job = job_in(tmp_path, epochs=40.0, lr=Schedule(0.1))
    job.run.place.save_seconds = 1.0  # many updates, also on a busy machine

    def of_rank(rank):
        saved, save = [], checkpoint.save
        checkpoint.save = lambda folder, update, state: (
            saved.append(update),
            save(folder, update, state),
        )
        work(job)
        return saved

    saved, _ = on_ranks(2, of_rank)
    assert len(saved) > 2 and saved[-1] == job.run.updates
    assert all(later - earlier > 1 for earlier, later in pairwise(saved[:-1])), saved


def test_a_signal_to_any_rank_saves_and_stops_all(tmp_path):
    job = job_in(tmp_path)

    def of_rank(rank):
        at = [0]

        def report(update):
            at[0] = update

        try:
            work(job, report, stopping=lambda: rank == 1 and at[0] == 3)
        except Stopped as stopped:
            return str(stopped)

    said = on_ranks(2, of_rank)
    assert said[0] == said[1] == "stopped at update 4 of 9; the same command resumes from there"


def test_a_refusal_of_the_first_rank_is_that_of_all(tmp_path):
    trained(tmp_path, small(seed=2), stop_after=1)
    job = job_in(tmp_path)

    def of_rank(rank):
        with pytest.raises(Refused, match=r"made by another config \(seed: 2, now 1\)"):
            work(job)

    on_ranks(2, of_rank)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "model0.jsonl").write_text(
            "{\n" + (folder / "model0.jsonl").read_text()
        ),
        lambda folder: ((folder / "config.yaml").unlink(), (folder / "config.yaml").mkdir()),
    ],
)
def test_what_the_first_rank_cannot_read_stops_all_in_one_line(tmp_path, spoil):
    trained(tmp_path, small(), stop_after=6)
    spoil(tmp_path)
    job = job_in(tmp_path)

    def of_rank(rank):
        with pytest.raises(
            Refused,
            match=r"^[^\n]*(model0.jsonl, line 1 is damaged|config.yaml: Is a directory)[^\n]*$",
        ):
            work(job)

    on_ranks(2, of_rank)


def test_an_attempt_waits_for_an_earlier_one_that_has_not_noticed_its_end(tmp_path):
    run = small()
    before = runlog.RunLog(tmp_path, run.to_dict(), run.defaults())
    began = time.monotonic()
    with pytest.raises(Refused, match="being written by another process"):
        runlog.RunLog(tmp_path, run.to_dict(), run.defaults(), patience=0.5)
    assert time.monotonic() - began >= 0.5
    before.close()
    runlog.RunLog(tmp_path, run.to_dict(), run.defaults(), patience=0.5).close()


def test_started_by_hand_with_torchrun_equals_one_process(tmp_path):
    words = [
        "sweep=regularization",
        "arm=codist_decayed",
        "seed=1",
        "epochs=1",
        "lr.at=[]",
        "weight_decay.at=[]",
        "weight_decay.values=[]",
        "workload.width=2",
        "workload.redraws=2",
        "place.shipped=null",
    ]
    torchrun = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--nproc-per-node",
        "2",
        "--master-port",
        "29517",
    ]
    words = ["src/run.py", *words]
    started = [*torchrun, *words, f"place.runs={tmp_path / 'ranks'}"]
    subprocess.run(started, cwd=ROOT, check=True, timeout=200)
    commands.typed(*words, f"place.runs={tmp_path / 'alone'}", code=0)
    ranks, alone = (
        run_folder.folder_of(tmp_path / f, "laptop", "regularization", "codist_decayed", 1)
        for f in ("ranks", "alone")
    )
    assert weights(state_of(ranks)) == weights(state_of(alone))
    assert [row["valid_top1"] for row in log_of(ranks)[0]] == [
        row["valid_top1"] for row in log_of(alone)[0]
    ]
    assert run_folder.done(ranks)["placement"].startswith("2 ranks")


def test_a_sweep_in_every_rank_is_refused(tmp_path):
    """Under srun each rank would start the sweep again."""
    env = os.environ | {"WORLD_SIZE": "2", "RANK": "1"}
    said = commands.typed("src/run.py", "-m", "sweep=fig2", env=env, code=2)
    assert "start a sweep once, not in each of 2 ranks" in said.stderr
