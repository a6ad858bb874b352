"""A local sweep as its user meets it: real processes, a run that fails, Ctrl-C, and nothing lost."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import commands
import pytest

from codist import run_folder, runlog

ROOT = Path(__file__).parents[2]
RUN = ROOT / "src" / "run.py"
SHORT = (
    "lr.at=[]",
    "weight_decay.at=[]",
    "weight_decay.values=[]",
    "place.shipped=null",
    "workload.width=2",
    "workload.redraws=2",
)
ONE = ("sweep=regularization", "arm=codist_fixed", "seed=1")


def command(*words):
    return [sys.executable, str(RUN), *words]


def typed(*words):
    said = commands.typed(RUN, *words)
    return said.returncode, said.stdout, said.stderr


def test_without_git_a_run_is_done_and_says_that_its_commit_is_unknown(tmp_path):
    words = (*ONE, "epochs=1", f"place.runs={tmp_path}", *SHORT)
    commands.typed(RUN, *words, env=os.environ | {"PATH": str(tmp_path)}, code=0)
    assert run_folder.done(tmp_path / "laptop/regularization/codist_fixed/1")["commit"] == "unknown"


def test_one_run_that_fails_leaves_the_others_going_and_is_named(tmp_path):
    """A file stands where seed 2 would save: it fails there, the others are done; and again, only it is tried."""
    sweep = (
        "-m",
        "sweep=regularization",
        "arm=codist_fixed",
        "epochs=1",
        f"place.runs={tmp_path}",
        *SHORT,
    )
    folders = {
        seed: tmp_path / "laptop" / "regularization" / "codist_fixed" / str(seed)
        for seed in (1, 2, 3)
    }
    folders[2].mkdir(parents=True)
    (folders[2] / "state").write_text("in the way")
    code, out, err = typed(*sweep)
    assert code == 1
    assert "3 runs, 0 done, 3 to run" in out
    assert "failed: regularization/codist_fixed/2: FileExistsError" in err
    assert "1 of 3 runs failed" in err
    assert "Traceback" not in err
    assert "FileExistsError" in (folders[2] / "error.txt").read_text()
    status = typed("status", *sweep[1:])[1]
    assert (
        "regularization/codist_fixed/2  failed: FileExistsError: " in status
        and "2 done, 1 failed" in status
    )
    done = {seed: run_folder.done(folder) for seed, folder in folders.items()}
    assert (done[1]["outcome"], done[2], done[3]["outcome"]) == ("finished", None, "finished")
    assert done[1]["threads"] == 1
    assert re.fullmatch(r"[0-9a-f]{7,}(-dirty)?|unknown", done[1]["commit"])

    (folders[2] / "state").unlink()
    code, out, err = typed(*sweep)
    assert code == 0
    assert "3 runs, 2 done, 1 to run" in out
    assert run_folder.done(folders[2])["outcome"] == "finished"

    code, _, err = typed(*sweep, "alpha.start=0.5")  # another config in the same folder
    assert code == 2
    assert "was made by another config (alpha.start: 1.0, now 0.5)" in err


def test_two_sweeps_at_once_make_each_run_once_and_both_end_well(tmp_path):
    sweep = (
        "-m",
        "sweep=regularization",
        "arm=codist_fixed",
        "seed=1,2",
        "epochs=2",
        f"place.runs={tmp_path}",
        *SHORT,
    )
    both = [commands.Command(RUN, *sweep) for _ in range(2)]
    said = [one.end(code=0) for one in both]
    assert not any("failed" in one.stdout for one in said)
    for seed in (1, 2):
        folder = tmp_path / "laptop" / "regularization" / "codist_fixed" / str(seed)
        assert run_folder.done(folder)["outcome"] == "finished"
        updates = [row["update"] for row in runlog.rows(folder)]
        assert updates == sorted(set(updates)), "a row was written twice"


@pytest.fixture
def copy(tmp_path):
    """The checkout somewhere else."""
    for part in ("src", "sweeps", "slurm"):
        shutil.copytree(
            ROOT / part, tmp_path / "checkout" / part, ignore=shutil.ignore_patterns("onebox")
        )
    return tmp_path / "checkout"


@pytest.mark.parametrize(
    ("words", "root"),
    [
        ((), "checkout/runs"),
        (("-m", "hydra/launcher=cores"), "checkout/runs"),
        (("-m", "hydra/launcher=basic"), "checkout/runs"),
        (("-m", "place.runs=mine"), "elsewhere/mine"),
    ],
    ids=["one run", "cores", "hydra's own", "typed"],
)
def test_from_another_folder_runs_go_to_the_checkout_unless_typed_and_keep_no_path_of_the_machine(
    copy, tmp_path, words, root
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    asked = (copy / "src" / "run.py", *words, *ONE, "epochs=0.3", *SHORT)
    commands.typed(*asked, cwd=elsewhere, env=os.environ | {"PYTHONPATH": ""}, code=0)
    folder = tmp_path / root / "laptop" / "regularization" / "codist_fixed" / "1"
    assert run_folder.done(folder)["outcome"] == "finished"
    place = run_folder.config(folder)["place"]
    assert (place["runs"], place["data"]) == (
        "mine" if "place.runs=mine" in words else "runs",
        "data",
    )
    assert [path.name for path in elsewhere.iterdir()] == (
        ["mine"] if root.endswith("mine") else []
    )


def test_status_tells_a_run_in_the_making_from_one_that_was_stopped(tmp_path):
    words = (
        "sweep=regularization",
        "arm=codist_fixed",
        "seed=1",
        "epochs=500",
        f"place.runs={tmp_path}",
        *SHORT,
    )
    going = subprocess.Popen(
        command(*words), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while not runlog.rows(tmp_path / "laptop" / "regularization" / "codist_fixed" / "1"):
        assert going.poll() is None
        time.sleep(0.05)
    assert "1 running" in typed("status", *words)[1]
    going.send_signal(signal.SIGINT)
    assert going.wait(60) == 130
    assert "1 stopped" in typed("status", *words)[1]


def test_a_run_that_diverges_is_a_result(tmp_path):
    """A learning rate of 1e30: not a crash, not dropped; the log is kept and the sweep is a success."""
    words = (
        "sweep=regularization",
        "arm=codist_fixed",
        "epochs=2",
        "lr.start=1e30",
        f"place.runs={tmp_path}",
        *SHORT,
    )
    code, out, _ = typed("-m", *words, "seed=1")
    assert code == 0
    assert "diverged: regularization/codist_fixed/1" in out
    folder = tmp_path / "laptop" / "regularization" / "codist_fixed" / "1"
    assert run_folder.done(folder)["outcome"] == "diverged"
    assert runlog.rows(folder)[-1]["train_loss"] is None
    assert run_folder.done(folder)["update"] < run_folder.done(folder)["updates"]


def test_ctrl_c_stops_within_seconds_and_the_same_command_goes_on(tmp_path):
    sweep = ("-m", "sweep=regularization", "arm=codist_fixed", "seed=1,2", "epochs=3", *SHORT)
    assert typed(*sweep, f"place.runs={tmp_path / 'whole'}")[0] == 0
    going = subprocess.Popen(
        command(*sweep, f"place.runs={tmp_path / 'stopped'}"),
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    logs = tmp_path / "stopped" / "laptop" / "regularization" / "codist_fixed"
    while not all(runlog.rows(logs / seed) for seed in "12"):  # two are at work, on two cores
        assert going.poll() is None
        time.sleep(0.05)
    asked = time.monotonic()
    os.killpg(going.pid, signal.SIGINT)  # as a terminal does: to all of them
    assert going.wait(30) == 130
    assert time.monotonic() - asked < 15
    err = going.stderr.read()
    assert "the same command resumes from there" in err
    assert "Traceback" not in err
    assert run_folder.done(logs / "1") is None

    code, out, _ = typed(*sweep, f"place.runs={tmp_path / 'stopped'}")
    assert (code, "2 to run" in out) == (0, True)
    for seed in (1, 2):
        for model in (0, 1):
            rows, whole = (
                [
                    {k: v for k, v in row.items() if k not in ("seconds", "cpu_seconds")}
                    for row in runlog.rows(root / str(seed), model)
                ]
                for root in (
                    logs,
                    tmp_path / "whole" / "laptop" / "regularization" / "codist_fixed",
                )
            )
            assert rows == whole
            assert len(rows) == 3


def test_progress_is_readable_in_a_file_and_tells_the_time_left(tmp_path):
    code, _, err = typed(
        "sweep=regularization",
        "arm=all_reduce",
        "epochs=1",
        f"place.runs={tmp_path}",
        "lr.warmup=0",
        *SHORT,
    )
    assert code == 0
    assert "regularization/all_reduce/1 finished after" in err
    assert "\x1b" not in err and "\r" not in err


def test_hydras_own_launcher_works_too(tmp_path):
    code, _, err = typed(
        "-m",
        "sweep=regularization",
        "arm=codist_fixed",
        "seed=1",
        "epochs=0.3",
        "hydra/launcher=basic",
        f"place.runs={tmp_path}",
        *SHORT,
    )
    assert code == 0, err
    assert (
        run_folder.done(tmp_path / "laptop" / "regularization" / "codist_fixed" / "1")["outcome"]
        == "finished"
    )


def test_a_full_disk_is_told_with_its_folder_and_what_to_do(tmp_path):
    """/dev/full stands where its config would be written."""
    folder = tmp_path / "laptop" / "regularization" / "codist_fixed" / "1"
    folder.mkdir(parents=True)
    (folder / ".config.yaml.new").symlink_to("/dev/full")
    said = f"{folder}: No space left on device; free some space; the same command resumes"
    assert typed(*ONE, "epochs=1", f"place.runs={tmp_path}", *SHORT)[2] == f"run.py: {said}\n"


def test_a_disk_that_fills_up_while_a_run_is_trained_ends_it_in_one_line_wherever_it_is_told(
    tmp_path,
):
    folder = tmp_path / "laptop" / "regularization" / "codist_fixed" / "1"
    (folder / "state").mkdir(parents=True)
    (folder / "state" / "fresh").symlink_to("/dev/full")
    said = f"{folder}: No space left on device; free some space; the same command resumes"
    words = (*ONE, "epochs=1", f"place.runs={tmp_path}", *SHORT)
    code, _, err = typed(*words)
    assert (code, err.splitlines()[-1]) == (
        1,
        f"failed: regularization/codist_fixed/1: {said} ({folder})",
    )
    assert f"failed: {said} (" in typed("status", *words)[1]
    code, _, err = typed("-m", *words)
    assert (code, f"failed: regularization/codist_fixed/1: {said} ({folder})" in err) == (1, True)


@pytest.mark.parametrize(
    ("trace", "told"),
    [
        ("ValueError: first\nTraceback\nValueError: first\nsecond\n", "ValueError: first"),
        ("", "no error message, as on a full disk"),
    ],
)
def test_status_tells_the_line_of_the_sweep_and_that_a_trace_is_empty(tmp_path, trace, told):
    folder = tmp_path / "laptop" / "regularization" / "codist_fixed" / "1"
    folder.mkdir(parents=True)
    (folder / "error.txt").write_text(trace)
    code, out, _ = typed("status", *ONE, f"place.runs={tmp_path}", *SHORT)
    assert (code, f"failed: {told} (before its first checkpoint, " in out) == (0, True), out


def test_a_folder_that_may_only_be_read_tells_whether_it_is_busy(tmp_path):
    assert not runlog.busy(tmp_path) and list(tmp_path.iterdir()) == []
    log = runlog.RunLog(tmp_path, {}, {})
    (tmp_path / "lock").chmod(0o444)
    assert runlog.busy(tmp_path)
    log.close()
    assert not runlog.busy(tmp_path)


def test_values_of_a_swept_option_are_told_apart_wherever_they_are_named(tmp_path):
    """Each in a folder of its own, as the README says."""
    words = (*ONE, "distance=mse,kl", f"place.runs={tmp_path}/v${{distance}}", "epochs=0.3", *SHORT)
    code, out, err = typed("-m", *words)
    assert code == 0 and f"logs in {tmp_path}/vmse/laptop, {tmp_path}/vkl/laptop" in out
    told = [f"regularization/codist_fixed/1 distance={distance}" for distance in ("mse", "kl")]
    assert all(f"{name} finished after" in err for name in told), err
    assert all(f"{name} " in typed("status", *words)[1] for name in told)


def test_rows_are_read_of_a_folder_that_is_named_by_a_word(tmp_path):
    (tmp_path / "model1.jsonl").write_text('{"update": 3}\n')
    assert runlog.rows(str(tmp_path), 1) == runlog.rows(tmp_path, 1) == [{"update": 3}]
