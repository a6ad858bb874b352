"""Runs of about a second: real digits, a narrow network, a few updates."""

from pathlib import Path

import workloads
from codist import checkpoint
from codist.check import check
from codist.config import Run
from codist.errors import Stopped
from codist.exchange import exchange_options
from codist.feed import feed
from codist.keys import reseed
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.runlog import RunLog, rows
from codist.schedules import Schedule
from codist.states import newest_first
from codist.train import Now, step, train
from codist.world import OneProcess
from workloads.digits.options import Digits

NONE = {"exchange": exchange_options("none"), "alpha": Schedule(0.0)}
CHECKPOINTS = {"exchange": exchange_options("checkpoints", period=3), "sampling": "independent"}


def small(**changes) -> Run:
    """A run of two epochs of 5 updates with two models that exchange predictions.

    An update reads 288 examples, in two device batches.
    """
    run = Run(
        sweep="small",
        arm="arm",
        workload=Digits(width=2, redraws=2),
        epochs=2.0,
        batch=288,
        device_batch=144,
        lr=Schedule(0.1, at=[1.0]),
        weight_decay=Schedule(1e-3),
    )
    for key, value in changes.items():
        setattr(run, key, value)
    check(run)
    return run


def opened(run: Run):
    """Open the workload of `run`, with the changes of a test's own options."""
    workload = workloads.open(run.workload, run.place.data)
    return run.workload.altered(workload) if hasattr(run.workload, "altered") else workload


def trained(folder: Path, run: Run, stop_after: int | None = None) -> dict:
    """Train `run` in `folder`, interrupt it after so many updates, return its newest checkpoint."""
    log = RunLog(folder, run.to_dict(), run.defaults())
    world, at = OneProcess(run.n, run.devices, run.servers, run.place.device), [0]

    def report(update):
        at[0] = update

    try:
        train(run, opened(run), world, log, report, stopping=lambda: at[0] == stop_after)
    except Stopped:
        pass
    finally:
        log.close()
    return state_of(folder)


def stepped(run: Run, world, updates: int, parts: int | None = None) -> dict[int, Learner]:
    """Train some updates of `parts` device batches, without logs or checkpoints.

    For networks that are too large for a test of a full run.
    """
    workload, learners = opened(run), {}
    for i in world.mine:
        reseed(run.seed, "init", i)
        learners[i] = Learner(i, workload.network(i), world, run.seed, run.optimizer, run.precision)
    exchange = run.exchange.open(run, workload, world)
    for k, of_update in feed(run, workload, world, 0, updates):
        few = dict(list(of_update.items())[:parts])
        step(
            k,
            learners,
            few,
            exchange,
            workload.loss,
            DISTANCES[run.distance],
            Now(0.1, 5e-4, 1.0, 0.0),
        )
    return learners


def state_of(folder: Path) -> dict:
    """The newest checkpoint of a run."""
    return checkpoint.read(newest_first(folder / "state")[0])


def weights(state: dict) -> list:
    """All tensors of all models and optimizers as bytes, for comparison to the bit."""
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
    """All rows without columns that depend on the placement."""
    made = ("moved_exchange_bits", "moved_all_reduce_bits")
    return [
        [{k: v for k, v in row.items() if k not in made} for row in of] for of in log_of(folder, n)
    ]


def log_of(folder: Path, n: int = 2) -> list[list[dict]]:
    """All rows without seconds, which differ between runs."""
    took = ("seconds", "cpu_seconds")
    return [
        [{k: v for k, v in row.items() if k not in took} for row in rows(folder, i)]
        for i in range(n)
    ]
