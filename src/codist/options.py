"""What the options of a workload must have, checked where a run is composed. Needs no torch."""

from inspect import signature
from typing import Any, Protocol

from codist.errors import Refused


class Options(Protocol):
    """A dataclass whose fields are the schema of `workload:` in yaml, and what a plan needs without torch.

    What else they may have is listed in codist.workload.
    """

    name: str  # of its package in workloads/
    # of an epoch; or of_epoch(device_batch), where a batch is counted in another unit, as tokens
    examples: int
    classes: int  # C, logits in a row

    def parameters(self, i: int) -> int:
        """Weights of model i's network."""

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Examples a second that a device trains model i with, and who says so."""

    def check(self, n: int) -> None:
        """Raises Refused where these options cannot be, for n models."""

    def ready(self, data: str) -> None:
        """Raises Refused where the data is not in the folder `data` as these options describe it."""


METHODS = {
    name: list(signature(one).parameters)[1]
    for name, one in vars(Options).items()
    if not name.startswith("_")
}


def refuse_incomplete(options: Any) -> None:
    """Raises Refused, naming the class and all that it lacks."""
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
            "the options of a workload have all that codist.options.Options names"
        )


def takes_one(method: Any) -> bool:
    """Can it be called with one argument?"""
    try:
        signature(method).bind(None)
    except TypeError:
        return False
    return True
