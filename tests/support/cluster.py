"""A real Slurm (slurm/onebox) for tests: submit runs, find their ranks, compare results."""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small import rows_anywhere, state_of, weights

from codist import run_folder

ROOT = Path(__file__).parents[2]
ONEBOX = ROOT / "slurm" / "onebox" / "onebox"
RUN = [
    "sweep=regularization",
    "arm=codist_decayed",
    "workload.width=2",
    "workload.redraws=2",
    "epochs=4",
    "lr.at=[]",
    "weight_decay.at=[]",
    "weight_decay.values=[]",
    "place.shipped=null",
    "place.workers=1",
    "place.save_seconds=0.5",
]
UPDATES = 4 * 1437 // 32
PATIENT = 400  # seconds; an idle machine needs ten


@pytest.fixture(scope="module")
def cluster():
    """Start the cluster; `make test-slurm` stops it. The failures have two of its nodes to themselves."""
    subprocess.run([ONEBOX, "up"], check=True, timeout=60)
    said = subprocess.run(
        [ONEBOX, "env"], capture_output=True, text=True, check=True, timeout=10
    ).stdout
    for word in shlex.split(said):
        if word.startswith("SLURM_CONF="):
            os.environ["SLURM_CONF"] = word.partition("=")[2]


@pytest.fixture(scope="module")
def alone(cluster, tmp_path_factory, request):
    """Train the runs of the module's SEEDS undisturbed, each in one process."""
    runs = tmp_path_factory.mktemp("alone")
    assert typed(runs, f"seed={request.module.SEEDS}", launcher="cores").wait(PATIENT) == 0, said(
        runs
    )
    return runs


def typed(runs, *more, launcher="onebox", environment=(), word="-m", nodes="volta32gb"):
    said = open(runs / "said.txt", "a")
    given = {option.partition("=")[0] for option in more}
    # an option may be given only once
    plain = [option for option in RUN if option.partition("=")[0] not in given]
    command = [
        sys.executable,
        "src/run.py",
        word,
        *plain,
        f"place.runs={runs}",
        f"hydra/launcher={launcher}",
        *more,
    ]
    if launcher == "onebox":
        command.append(f"hydra.launcher.constraint={nodes}")
    return subprocess.Popen(
        command, cwd=ROOT, stdout=said, stderr=said, env={**os.environ, **dict(environment)}
    )


def folder(runs, seed=1):
    return run_folder.folder_of(runs, "laptop", "regularization", "codist_decayed", seed)


def until(true, what, seconds=PATIENT):
    end = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < end, (
            f"{what}: not within {seconds} s\n{slurm('squeue', '--long')}"
        )
        time.sleep(0.1)
    return found


def slurm_job(runs, seed=1):
    return json.loads((folder(runs, seed) / "slurm.json").read_text())["job"]


def slurm(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.strip()


def ranks_of(job):
    """{rank: process} of a running job, without the data loaders of a rank."""
    found = {}
    for process in Path("/proc").iterdir():
        try:
            words = dict(
                w.split(b"=", 1)
                for w in (process / "environ").read_bytes().split(b"\0")
                if b"=" in w
            )
            if b"submitit.core._submit" not in (process / "cmdline").read_bytes():
                continue
            number = words.get(b"SLURM_ARRAY_JOB_ID", words.get(b"SLURM_JOB_ID", b"")).decode()
            if b"SLURM_PROCID" in words and number == job.split("_")[0]:
                parent = int((process / "stat").read_text().rsplit(")", 1)[1].split()[1])
                found[int(process.name)] = (int(words[b"SLURM_PROCID"]), parent)
        except (OSError, ValueError):
            continue
    return {rank: process for process, (rank, parent) in found.items() if parent not in found}


def begun(runs):
    """Wait for the run's first checkpoint; return its Slurm job."""
    try:
        until(lambda: list(folder(runs).glob("state/*.pt")), "a first save")
    except AssertionError as late:
        logs = "\n".join(log.read_text()[-2000:] for log in (runs / "slurm").glob("*/*_log.*"))
        raise AssertionError(f"{late}\n{said(runs)}\n{logs}") from None
    return slurm_job(runs)


def restarts(runs, seed=1):
    """The number of restarts of rank 0."""
    number = slurm_job(runs, seed)
    return (runs / "slurm" / number / f"{number}_0_log.out").read_text().count(
        "Starting with JobEnvironment"
    ) - 1


def same_as(alone, runs, seed=1, n=2):
    """Compare weights, curve and rows, except the traffic counted for this placement."""
    ours, theirs = folder(runs, seed), folder(alone, seed)
    assert weights(state_of(ours)) == weights(state_of(theirs))
    rows = rows_anywhere(ours, n)
    assert rows == rows_anywhere(theirs, n)
    assert [row["update"] for row in rows[0]] == sorted({row["update"] for row in rows[0]})
    assert run_folder.done(ours)["update"] == UPDATES


def said(runs):
    return (runs / "said.txt").read_text()


DISTURBED = """
import importlib.util, os, sys
class Finder:  # makes the world of codist.ranks do what the test wants after one of its methods
    def find_spec(self, name, path, target=None):
        if name == "codist.ranks":
            sys.meta_path.remove(self)
            spec = importlib.util.find_spec(name)
            load = spec.loader.exec_module
            def load_and_disturb(module):
                load(module)
                method = module.Distributed.{method}
                def disturbed(world, *arguments):
                    answer = method(world, *arguments)
                    {what}
                    return answer
                module.Distributed.{method} = disturbed
            spec.loader.exec_module = load_and_disturb
            return spec
if "SLURM_PROCID" in os.environ and os.environ.get({variable!r}) == {value!r}:
    sys.meta_path.insert(0, Finder())
"""


def disturbed(runs, method, what, variable, value):
    """The environment of runs that do `what` after a method of their world.

    Only where the environment variable `variable` is `value`.
    """
    (runs / "sitecustomize.py").write_text(
        DISTURBED.format(method=method, what=what, variable=variable, value=value)
    )
    return {"PYTHONPATH": str(runs)}.items()


def slowed(runs, pause: float):
    """The environment of runs that wait for `pause` seconds after each update, until they are restarted."""
    wait = f"__import__('time').sleep({pause})"
    return disturbed(runs, "agree", wait, "SLURM_RESTART_COUNT", None)


def end_of_a_job(tmp_path, alone, disturb, *more, nodes="volta16gb", pause=0.1):
    """Check that a run over two nodes, disturbed by `disturb`, restarts and ends as if undisturbed.

    pause: seconds after each update before the restart; else a fast machine would end too soon.
    """
    slow = slowed(tmp_path, pause)
    sweep = typed(
        tmp_path, "seed=1", "hydra.launcher.gpus_per_node=1", *more, nodes=nodes, environment=slow
    )
    disturb(begun(tmp_path))
    assert sweep.wait(2 * PATIENT) == 0, said(tmp_path)
    assert restarts(tmp_path) >= 1
    same_as(alone, tmp_path)
