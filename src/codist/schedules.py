"""Schedules over epochs: learning rate, weight decay, alpha, label smoothing. Needs no torch."""

import math
from dataclasses import dataclass, field

from codist.errors import Refused, nearest

SCHEDULES = ("lr", "weight_decay", "alpha", "smoothing")  # the options of a Run that are schedules
KINDS = ("steps", "cosine", "growth", "inverse_sqrt")


@dataclass
class Schedule:
    """A value that starts at `start` and follows `kind`. All times are in epochs, fractions allowed.

    steps         from milestone at[j] on: values[j], or start * factor^(j+1) if no values are
                  given; constant without milestones
    cosine        half a cosine from start to 0 over the run (He et al. 2019)
    growth        start * factor^(completed epochs), such as alpha x 1.1 per epoch (v2 A.3)
    inverse_sqrt  start * sqrt(warmup / epoch) after the warm-up (Vaswani et al. 2017)

    Before epoch `warmup` the value is interpolated from `warmup_from` to the kind's value (Goyal et
    al. 2017, §2.2). Before epoch `until` it is 0; of alpha this is Anil et al.'s burn-in, in which
    stale copies are not run.
    """

    start: float = 0.0
    kind: str = "steps"
    at: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    factor: float = 0.1
    warmup: float = 0.0
    warmup_from: float = 0.0
    until: float = 0.0

    def __call__(self, epoch: float, epochs: float) -> float:
        """The value at `epoch` of a run of `epochs`."""
        if epoch < self.until:
            return 0.0
        value = getattr(self, f"_{self.kind}")(epoch, epochs)
        if epoch < self.warmup:
            return self.warmup_from + (value - self.warmup_from) * epoch / self.warmup
        return value

    @property
    def description(self) -> str:
        """Times in epochs: 0.1, 0.01 from 30, 0.001 from 60."""
        values = self.values or [self.start * self.factor ** (j + 1) for j in range(len(self.at))]
        parts = {
            "steps": [
                f"{value:.3g} from {at:.4g}" for at, value in zip(self.at, values, strict=True)
            ],
            "cosine": ["half a cosine to 0"],
            "growth": [f"times {self.factor:g} each"],
            "inverse_sqrt": ["falling as 1/sqrt"],
        }[self.kind]
        parts += [f"up from {self.warmup_from:.3g} until {self.warmup:.3g}"] if self.warmup else []
        parts += [f"0 until {self.until:.4g}"] if self.until else []
        return ", ".join([f"{self.start:.3g}", *parts])

    def _steps(self, epoch, epochs):
        passed = sum(at <= epoch for at in self.at)
        if passed and self.values:
            return self.values[passed - 1]
        return self.start * self.factor**passed

    def _cosine(self, epoch, epochs):
        return self.start * (1 + math.cos(math.pi * min(epoch / epochs, 1))) / 2

    def _growth(self, epoch, epochs):
        return self.start * self.factor ** int(epoch)

    def _inverse_sqrt(self, epoch, epochs):
        return self.start * math.sqrt(self.warmup / max(epoch, self.warmup))

    def times(self, by: float) -> "Schedule":
        """The same shape with every value multiplied by `by`."""
        values = {"start": self.start * by, "warmup_from": self.warmup_from * by}
        return Schedule(**{**vars(self), **values, "values": [v * by for v in self.values]})

    def shorter(self, by: float, warmup: float) -> "Schedule":
        """The same shape with epochs divided by `by` and the warm-up by `warmup`.

        Growth over the whole run stays the same.
        """
        times = {"warmup": self.warmup / warmup, "until": self.until / by}
        factor = self.factor**by if self.kind == "growth" else self.factor
        return Schedule(
            **{**vars(self), **times, "at": [round(at / by, 6) for at in self.at], "factor": factor}
        )

    def check(self, name: str, epochs: float) -> None:
        """Raises Refused if the schedule contradicts itself or the length of the run."""
        if self.kind not in KINDS:
            raise Refused(f"{name}.kind={self.kind} is not known; {nearest(self.kind, KINDS)}")
        if self.at != sorted(self.at) or len(set(self.at)) < len(self.at):
            raise Refused(
                f"{name}.at={self.at} must be strictly increasing; set {sorted(set(self.at))}"
            )
        if self.at and (self.at[0] < 0 or self.at[-1] > epochs):
            raise Refused(
                f"{name}.at={self.at} must lie within the run's {epochs:g} epochs; move them, set epochs, or "
                "scale both"
            )
        if self.at and self.kind != "steps":
            raise Refused(
                f"{name}.at={self.at} needs {name}.kind=steps, got {self.kind}; leave one out"
            )
        if self.values and len(self.values) != len(self.at):
            raise Refused(
                f"{name}.values={self.values} must give one value for each of {len(self.at)} milestones {self.at}; "
                f"got {len(self.values)}"
            )
        for key in ("start", "factor", "warmup", "warmup_from", "until"):
            if not getattr(self, key) >= 0:
                raise Refused(f"{name}.{key} must be 0 or more, got {getattr(self, key)}")
        if any(not value >= 0 for value in self.values):
            raise Refused(f"{name}.values must be 0 or more, got {self.values}")
        if self.kind == "inverse_sqrt" and not self.warmup:
            raise Refused(
                f"{name}.kind=inverse_sqrt falls from the end of the warm-up; set {name}.warmup above 0"
            )
