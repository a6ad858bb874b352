"""What a Run must not be: its parts known, in range, and of one mind. Needs no torch."""

import re

from codist.config import SCHEDULES, Run
from codist.errors import Refused, nearest
from codist.options import refuse_incomplete

EXCHANGES = ("none", "predictions", "checkpoints", "constant")
DISTANCES = ("mse", "mse_sum", "cross_entropy", "kl")
SAMPLINGS = ("same", "independent", "disjoint")
PEERS = ("all", "ring")
TARGETS = ("uniform", "unigram")
CODECS = ("full", "half", "topk")
PRECISIONS = ("fp32", "bf16", "fp16")
OPTIMIZERS = ("sgd", "adam")
MOST = 1024  # models


def check(run: Run) -> None:
    """Raises Refused where the parts of a run contradict each other, or its workload's options lack one."""
    refuse_incomplete(run.workload)
    for name, value, known in (
        ("exchange.kind", run.exchange.kind, EXCHANGES),
        ("exchange.target", run.exchange.target, TARGETS),
        ("exchange.codec", run.exchange.codec, CODECS),
        ("exchange.peers", run.exchange.peers, PEERS),
        ("precision", run.precision, PRECISIONS),
        ("optimizer.kind", run.optimizer.kind, OPTIMIZERS),
        ("distance", run.distance, DISTANCES),
        ("sampling", run.sampling, SAMPLINGS),
    ):
        if value not in known:
            raise Refused(f"{name}={value} is not known; {nearest(value, known)}")
    for name, value in (
        ("n", run.n),
        ("batch", run.batch),
        ("device_batch", run.device_batch),
        ("devices_per_server", run.devices_per_server),
        ("epochs", run.epochs),
        ("threads", run.threads),
        ("exchange.period", run.exchange.period),
        ("exchange.k", run.exchange.k),
        ("exchange.positions", run.exchange.positions),
        ("optimizer.eps", run.optimizer.eps),
        ("place.patience", run.place.patience),
    ):
        if not value > 0:
            raise Refused(f"{name} must be above 0, came {value}")
    if run.n > MOST:
        raise Refused(f"n counts models, of which a sweep holds {MOST} at most, came {run.n}")
    if run.seed < 0:
        raise Refused(f"seed must be 0 or more, came {run.seed}")
    if not re.fullmatch(r"cpu|cuda(:\d+)?", run.place.device):
        raise Refused(f"place.device must be cpu, cuda or cuda:<number>, came {run.place.device}")
    if not run.place.runs:
        raise Refused("place.runs must name a folder, came nothing; leave it out for runs/")
    if run.batch % run.device_batch:
        below = max(run.batch // run.device_batch, 1) * run.device_batch
        raise Refused(f"batch={run.batch} must be a multiple of device_batch={run.device_batch}; nearest is {below}")
    if run.exchange.kind in ("predictions", "checkpoints") and run.n == 1:
        raise Refused(f"exchange.kind={run.exchange.kind} needs peers, and n=1 has none; set n=2 or exchange.kind=none")
    equal, group = [size for size in range(2, run.n) if run.n % size == 0], run.exchange.group
    if group not in (0, run.n, *equal) or group == 1:
        near = sorted(sorted(equal, key=lambda size: abs(size - group))[:2])
        raise Refused(f"exchange.group={group} does not cut n={run.n} models in equal groups of 2 or more; "
                      f"set {', '.join(map(str, [*near, 0]))} (0: all {run.n} in one)")  # fmt: skip
    if run.exchange.kind == "predictions" and run.sampling != "same":
        raise Refused(
            f"exchange.kind=predictions compares answers to one minibatch, came sampling={run.sampling}; "
            "set sampling=same or exchange.kind=checkpoints"
        )
    if run.exchange.codec == "topk" and run.exchange.kind == "checkpoints":
        raise Refused("exchange.codec=topk is for logits, and exchange.kind=checkpoints sends weights; set codec=half")
    if run.exchange.codec == "topk" and run.exchange.k >= run.workload.classes:
        raise Refused(f"exchange.k={run.exchange.k} of {run.workload.classes} classes leaves none out; set codec=half")
    if run.exchange.positions > 1 and run.exchange.kind != "predictions":
        raise Refused(
            f"exchange.positions={run.exchange.positions} sends some rows of logits, and "
            f"exchange.kind={run.exchange.kind} sends none; set exchange.kind=predictions or exchange.positions=1"
        )
    if run.exchange.kind == "checkpoints" and getattr(run.workload, "freeze", False):
        raise Refused("exchange.kind=checkpoints asks stale copies in train mode, and workload.freeze wants the first "
                      "layers in evaluation mode; set exchange.kind=predictions")  # fmt: skip
    if run.exchange.kind == "constant" and run.distance in ("mse", "mse_sum"):
        raise Refused(
            f"exchange.kind=constant gives a distribution, not logits, came distance={run.distance}; "
            "set distance=cross_entropy or kl"
        )
    if not 0 <= run.optimizer.momentum < 1:
        raise Refused(f"optimizer.momentum must be at least 0 and below 1, came {run.optimizer.momentum}")
    if len(run.optimizer.betas) != 2 or not all(0 <= beta < 1 for beta in run.optimizer.betas):
        raise Refused(f"optimizer.betas must be two numbers, at least 0 and below 1, came {run.optimizer.betas}")
    if not run.optimizer.clip >= 0:
        raise Refused(f"optimizer.clip is a norm, above 0, or 0 for none, came {run.optimizer.clip}")
    if run.place.workers < 0 or run.place.jobs < 0 or run.place.save_seconds < 0:
        raise Refused("place.workers, place.jobs and place.save_seconds must be 0 or more")
    for name in SCHEDULES:
        getattr(run, name).check(name, run.epochs)
    if run.smoothing.start >= 1 or any(value >= 1 for value in run.smoothing.values):
        raise Refused("smoothing is a share of the target and must stay below 1")
    run.workload.check(run.n)
    of_one = run.examples // (run.n if run.sampling == "disjoint" else 1)
    if of_one < run.device_batch:
        raise Refused(f"{of_one} examples do not fill a device_batch of {run.device_batch}; make it smaller")
    if run.updates < 1:
        raise Refused(
            f"epochs={run.epochs:g} of {run.examples} examples or tokens at batch={run.batch} is not one update"
        )
