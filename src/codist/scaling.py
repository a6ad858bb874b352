"""Scaling: how a smaller scale shrinks the published numbers of an arm. Needs no torch."""

from dataclasses import dataclass, replace

from codist.errors import Refused
from codist.schedules import SCHEDULES


@dataclass
class Scaling:
    """Factors by which a smaller scale shrinks the published numbers, equal for all arms of a sweep."""

    # divides batches; learning rates stay unless `lr` says otherwise, since data shrinks as well
    batch: int = 1
    lr: float = 1.0  # multiplies learning rates
    epochs: float = 1.0  # divides epochs, milestones and warm-ups
    # divides warm-ups in place of `epochs`, since short runs need a longer share; 0: use `epochs`
    warmup: float = 0.0
    weight_decay: float = 1.0  # multiplies weight decay: fewer updates, each decaying more
    period: int = 1  # divides the periods of checkpoint exchanges


def scaled(run):
    """`run` with its arm's published numbers shrunk to its scale. run: a codist.config.Run

    Raises Refused if a batch does not divide.
    """
    by = run.scaling
    if run.batch % by.batch:
        raise Refused(
            f"scale {run.scale} divides batches by {by.batch}, got batch={run.batch}; set a multiple of it"
        )
    shorter = {
        name: getattr(run, name).shorter(by.epochs, by.warmup or by.epochs) for name in SCHEDULES
    }
    shorter["lr"] = shorter["lr"].times(by.lr)
    shorter["weight_decay"] = shorter["weight_decay"].times(by.weight_decay)
    batch = run.batch // by.batch
    return replace(
        run,
        batch=batch,
        device_batch=min(run.device_batch, batch),  # at most all of it
        epochs=run.epochs / by.epochs,
        exchange=run.exchange.scaled(by),
        **shorter,
    )
