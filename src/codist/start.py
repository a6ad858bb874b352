"""A start: an option that names another arm, whose finished run a run needs. Needs no torch."""

from pathlib import Path
from typing import NamedTuple


class Start(NamedTuple):
    """Another arm, whose finished run of the same seed and scale is read before the first update."""

    option: str  # that names the arm
    named: str  # an arm of the same sweep; or <sweep>/<arm>
    digest: str  # the key in done.json of the SHA-256 of the checkpoint that was read
    answers: bool = False  # True if its models answer each device batch of each model

    @property
    def arm(self) -> str:
        return self.named.rpartition("/")[2]

    def sweep(self, own: str) -> str:
        """The arm's sweep. own: that of the run that starts from it."""
        return self.named.rpartition("/")[0] or own

    def folder(self, beside: Path) -> Path:
        """The arm's run folder. beside: that of the run that starts from it, <scale>/<sweep>/<arm>/<seed>."""
        of_scale = beside.parents[2]
        return of_scale / self.sweep(beside.parents[1].name) / self.arm / beside.name
