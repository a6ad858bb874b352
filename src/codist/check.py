"""Validate a Run: known names, values in range, no contradictions. Needs no torch."""

import re

from codist.config import Run
from codist.errors import Refused, nearest
from codist.losses import DISTANCES
from codist.options import refuse_incomplete
from codist.precision import DTYPES
from codist.schedules import SCHEDULES

SAMPLINGS = ("same", "independent", "disjoint", "split")
MAX_MODELS = 1024


def check(run: Run) -> None:
    """Raises Refused if options of the run are invalid or contradict each other, or the workload lacks one."""
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
        ("measured_every", run.measured_every),
        ("place.patience", run.place.patience),
    ):
        if not number > 0:
            raise Refused(f"{name} must be above 0, got {number}")
    if run.n > MAX_MODELS:
        raise Refused(f"n, the number of models, must be at most {MAX_MODELS}, got {run.n}")
    if run.seed < 0:
        raise Refused(f"seed must be 0 or more, got {run.seed}")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", run.place.device):
        raise Refused(f"place.device must be cpu, cuda or cuda:<number>, got {run.place.device}")
    if not run.place.runs:
        raise Refused("place.runs must name a folder, got an empty string; remove it to use runs/")
    if run.batch % run.device_batch:
        below = max(run.batch // run.device_batch, 1) * run.device_batch
        raise Refused(
            f"batch={run.batch} must be a multiple of device_batch={run.device_batch}; nearest is {below}"
        )
    run.exchange.check(run)
    check_apart(run)
    check_groups(run)
    run.optimizer.check()
    if run.place.workers < 0 or run.place.jobs < 0 or run.place.save_seconds < 0:
        raise Refused("place.workers, place.jobs and place.save_seconds must be 0 or more")
    run.place.failures.check()
    if not run.place.link >= 0:
        raise Refused(f"place.link is in bits a second and must be 0 or more, got {run.place.link}")
    for name in SCHEDULES:
        getattr(run, name).check(name, run.epochs)
    if run.smoothing.start >= 1 or any(value >= 1 for value in run.smoothing.values):
        raise Refused("smoothing is a fraction of the target and must be below 1")
    run.workload.check(run.n)
    per_model = run.examples // (run.n if run.sampling in ("disjoint", "split") else 1)
    if per_model < run.device_batch:
        raise Refused(
            f"{per_model} examples do not fill a device_batch of {run.device_batch}; make it smaller"
        )
    if run.updates < 1:
        raise Refused(
            f"epochs={run.epochs:g} of {run.examples} examples or tokens at batch={run.batch} is less than "
            "one update; raise epochs"
        )


def check_apart(run: Run) -> None:
    """Raises Refused if the run trains models apart from each other and its exchange or metrics need them together."""
    apart, group = run.exchange.apart, run.place.group
    if not apart and (group is not None or run.place.store):
        option = "group" if group is not None else "store"
        raise Refused(
            f"place.{option} is for exchange.kind=files, whose models are trained apart, got exchange.kind="
            f"{run.exchange.kind}; leave it out"
        )
    if group is not None and group not in range(run.n):
        raise Refused(f"place.group must be one of the models 0 to {run.n - 1}, got {group}")
    if apart and run.together:
        raise Refused(
            f"together={run.together} measures predictions of several models at once, and exchange.kind="
            f"{run.exchange.kind} trains each apart; set together=0"
        )


def check_groups(run: Run) -> None:
    """Raises Refused if `together` does not divide the models into groups that do not learn from each other."""
    if not run.together:
        return
    sizes = [size for size in range(1, run.n + 1) if run.n % size == 0]
    if run.together not in sizes:
        raise Refused(
            f"together={run.together} does not divide n={run.n} models into equal groups; set one of "
            f"{', '.join(map(str, sizes))}, or 0 to measure no groups"
        )
    apart = [
        (i, j)
        for i, peers in enumerate(run.exchange.peers_of(run.n))
        for j in peers
        if i // run.together != j // run.together
    ]
    if apart:
        i, j = apart[0]
        raise Refused(
            f"together={run.together} puts models {i} and {j} in two groups, and they learn from each other; set it "
            "to exchange.group, or to n without groups"
        )
