"""Runs that take a second: real digits, a narrow network, a few updates."""

from pathlib import Path

from codist import checkpoint
from codist.check import check
from codist.config import Exchange, Run
from codist.errors import Stopped
from codist.runlog import RunLog, rows
from codist.schedules import Schedule
from codist.train import train
from codist.world import OneProcess
from workloads.digits import Digits

NONE = {"exchange": Exchange("none"), "alpha": Schedule(0.0)}
CHECKPOINTS = {"exchange": Exchange("checkpoints", 3), "sampling": "independent"}


def small(**changes) -> Run:
    """Two epochs of 5 updates of 288 examples in two device batches; two models that exchange predictions."""
    run = Run(
        sweep="small", arm="arm", workload=Digits(width=2), epochs=2.0, batch=288, device_batch=144,
        lr=Schedule(0.1, at=[1.0]), weight_decay=Schedule(1e-3),
    )  # fmt: skip
    for key, value in changes.items():
        setattr(run, key, value)
    check(run)
    return run


def trained(folder: Path, run: Run, stop_after: int | None = None) -> dict:
    """Train `run` in `folder`, stopped by a signal after that many updates. Gives its newest saved state."""
    log = RunLog(folder, run.to_dict(), run.defaults())
    at = [0]

    def report(update):
        at[0] = update

    try:
        train(run, OneProcess(run.n, run.devices, run.servers), log, report, stopping=lambda: at[0] == stop_after)
    except Stopped:
        pass
    finally:
        log.close()
    return state_of(folder)


def state_of(folder: Path) -> dict:
    """The newest saved state of a run."""
    return checkpoint.load(folder / "state", checkpoint.newest(folder / "state"))


def weights(state: dict) -> list:
    """Every tensor of every model and optimizer, as bytes: equal lists are equal to the bit."""
    found = []

    def walk(value):
        if isinstance(value, dict):
            for key in sorted(value, key=str):
                walk(value[key])
        elif isinstance(value, (list, tuple)):
            for item in value:
                walk(item)
        elif hasattr(value, "numpy"):
            found.append(value.numpy().tobytes())

    walk(state["models"])
    return found


def rows_anywhere(folder: Path, n: int = 2) -> list[list[dict]]:
    """All rows but what only says how they were made: equal in every placement."""
    made = ("moved_exchange_bits", "moved_all_reduce_bits")
    return [[{k: v for k, v in row.items() if k not in made} for row in of] for of in log_of(folder, n)]


def log_of(folder: Path, n: int = 2) -> list[list[dict]]:
    """All rows but the seconds, which no two runs share."""
    took = ("seconds", "cpu_seconds")
    return [[{k: v for k, v in row.items() if k not in took} for row in rows(folder, i)] for i in range(n)]
