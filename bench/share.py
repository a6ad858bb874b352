"""Logging and saving as a fraction of a complete run: codist_fixed of regularization, scale=laptop."""

import tempfile
import time
from pathlib import Path

from hydra import initialize_config_dir

import workloads
from codist import checkpoint
from codist.runlog import RunLog
from codist.train import train
from codist.world import OneProcess
from launch import compose, jobs

spent = 0.0


def clocked(function):
    def timed(*arguments):
        global spent
        began = time.perf_counter()
        try:
            return function(*arguments)
        finally:
            spent += time.perf_counter() - began

    return timed


def run(line) -> None:
    with initialize_config_dir(str(compose.SWEEPS), version_base="1.3"):
        run = jobs.job(("sweep=regularization", "arm=codist_fixed", "seed=1")).run
    for name in ("write", "sync", "restore"):
        setattr(RunLog, name, clocked(getattr(RunLog, name)))
    checkpoint.save = clocked(checkpoint.save)
    with tempfile.TemporaryDirectory() as folder:
        log = RunLog(Path(folder), run.to_dict(), run.defaults())
        began = time.perf_counter()
        workload = workloads.open(run.workload, run.place.data)
        train(run, workload, OneProcess(run.n, run.devices, run.servers), log)
        line(
            "logging and saving, share of a run's wall time",
            spent / (time.perf_counter() - began),
            at_most=0.02,
        )
        log.close()
