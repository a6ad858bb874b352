"""The interface that a workload's options implement, checked when a run is composed. Needs no torch."""

from inspect import signature
from typing import Any, Protocol

from codist.errors import Refused


class Options(Protocol):
    """A torch-free dataclass: its fields are the schema of `workload:` in yaml; plans use its methods.

    codist.workload lists the optional attributes.
    """

    name: str  # of its package in workloads/
    # per epoch; or define of_epoch(device_batch) if batches count another unit, such as tokens
    examples: int
    classes: int  # C, logits in a row

    def parameters(self, i: int) -> int:
        """The number of weights of model i's network."""

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Training speed of model i on one device, in examples per second, and its source."""

    def check(self, n: int) -> None:
        """Raises Refused if these options are invalid for n models."""

    def ready(self, data: str) -> None:
        """Raises Refused if the data in the folder `data` is not what these options describe."""


METHODS = {
    name: list(signature(one).parameters)[1]
    for name, one in vars(Options).items()
    if not name.startswith("_")
}


def refuse_incomplete(options: Any) -> None:
    """Raises Refused if an attribute or method is missing; names the class and all that it lacks."""
    there = {"examples"} if hasattr(options, "of_epoch") else set()
    lacks = [
        name for name in Options.__annotations__ if name not in there and not hasattr(options, name)
    ]
    lacks += [
        f"{name}({given})"
        for name, given in METHODS.items()
        if not takes_one(getattr(options, name, None))
    ]
    if lacks:
        raise Refused(
            f"{type(options).__module__}.{type(options).__qualname__} lacks {', '.join(lacks)}; "
            "add what codist.options.Options declares"
        )


def takes_one(method: Any) -> bool:
    """True if `method` can be called with one argument."""
    try:
        signature(method).bind(None)
    except TypeError:
        return False
    return True
