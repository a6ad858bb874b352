"""Simulated failures: when a rank of a run is killed, and how long its restart takes. Needs no torch."""

import random
from dataclasses import dataclass
from math import inf

from codist.errors import Refused


@dataclass
class Failures:
    """Failures of a run that this machine trains for a sweep (launch/failing.py). Times are in seconds.

    update   the least time of an update: its rank sleeps for what is left, as if its model were
             larger; 0: no run of this kind
    between  mean time until a rank is killed, exponentially distributed; 0: never
    restart  from a kill until the next update begins
    """

    update: float = 0.0
    between: float = 0.0
    restart: float = 0.0

    def check(self) -> None:
        """Raises Refused for times that cannot be."""
        if min(self.update, self.between, self.restart) < 0:
            raise Refused("place.failures: update, between and restart must be 0 or more")
        if (self.between or self.restart) and not self.update:
            raise Refused(
                "place.failures.between and restart need place.failures.update, the seconds of an update; set it"
            )

    def lifetime(self, seed: int, rank: int, failures: int) -> float:
        """Seconds until rank `rank` is killed, once the run has failed `failures` times."""
        if not self.between:
            return inf
        return random.Random(f"{seed} {rank} {failures}").expovariate(1 / self.between)
