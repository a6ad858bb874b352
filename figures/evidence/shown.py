"""The arms that a figure shows."""

from types import ModuleType

from figures.evidence.arm import Arm, alike
from figures.evidence.names import arms_read


def arms_shown(figure: ModuleType, arms: dict[str, Arm]) -> dict[str, Arm]:
    """The `arms` that a figure reads, which are passed to its draw() or rows().

    Their final numbers are of one validation set, as where claims compare them.
    """
    there = [name for name in arms_read(figure) if name in arms]
    return dict(zip(there, alike([arms[name] for name in there]), strict=True))
