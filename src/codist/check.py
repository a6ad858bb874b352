"""What a Run must not be: its parts known, in range, and of one mind. Needs no torch."""

import re

from codist.config import SCHEDULES, Run
from codist.errors import Refused, nearest
from codist.losses import DISTANCES
from codist.options import refuse_incomplete
from codist.precision import DTYPES

SAMPLINGS = ("same", "independent", "disjoint")
MOST = 1024  # models


def check(run: Run) -> None:
    """Raises Refused where the parts of a run contradict each other, or its workload's options lack one."""
    refuse_incomplete(run.workload)
    for name, value, known in (
        ("precision", run.precision, DTYPES),
        ("distance", run.distance, DISTANCES),
        ("sampling", run.sampling, SAMPLINGS),
    ):
        if value not in known:
            raise Refused(f"{name}={value} is not known; {nearest(value, known)}")
    for name, number in (
        ("n", run.n),
        ("batch", run.batch),
        ("device_batch", run.device_batch),
        ("devices_per_server", run.devices_per_server),
        ("epochs", run.epochs),
        ("threads", run.threads),
        ("place.patience", run.place.patience),
    ):
        if not number > 0:
            raise Refused(f"{name} must be above 0, got {number}")
    if run.n > MOST:
        raise Refused(f"n counts models, of which a sweep holds {MOST} at most, got {run.n}")
    if run.seed < 0:
        raise Refused(f"seed must be 0 or more, got {run.seed}")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", run.place.device):
        raise Refused(f"place.device must be cpu, cuda or cuda:<number>, got {run.place.device}")
    if not run.place.runs:
        raise Refused("place.runs must name a folder, got nothing; leave it out for runs/")
    if run.batch % run.device_batch:
        below = max(run.batch // run.device_batch, 1) * run.device_batch
        raise Refused(
            f"batch={run.batch} must be a multiple of device_batch={run.device_batch}; nearest is {below}"
        )
    run.exchange.check(run)
    run.optimizer.check()
    if run.place.workers < 0 or run.place.jobs < 0 or run.place.save_seconds < 0:
        raise Refused("place.workers, place.jobs and place.save_seconds must be 0 or more")
    for name in SCHEDULES:
        getattr(run, name).check(name, run.epochs)
    if run.smoothing.start >= 1 or any(value >= 1 for value in run.smoothing.values):
        raise Refused("smoothing is a share of the target and must stay below 1")
    run.workload.check(run.n)
    of_one = run.examples // (run.n if run.sampling == "disjoint" else 1)
    if of_one < run.device_batch:
        raise Refused(
            f"{of_one} examples do not fill a device_batch of {run.device_batch}; make it smaller"
        )
    if run.updates < 1:
        raise Refused(
            f"epochs={run.epochs:g} of {run.examples} examples or tokens at batch={run.batch} is not one update"
        )
