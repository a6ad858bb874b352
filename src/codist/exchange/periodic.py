"""What exchanges between peers have in common: a period, a codec, and who learns from whom."""

from dataclasses import dataclass

from codist.codecs import CODECS
from codist.errors import Refused, nearest
from codist.exchange.no_exchange import Options

PEERS = ("all", "ring")


@dataclass
class PeriodicOptions(Options):
    """Something travels from each model to its peers every `period` updates."""

    period: int = 1  # updates from one exchange to the next (C12)
    codec: str = "full"  # how it is sent: in 32 bits a number, in 16, or only the k largest (C36)
    peers: str = "all"  # whom a model learns from: all others, or the two beside it in a ring
    group: int = (
        0  # models that do so among themselves, each `group` of the n on their own; 0: all n
    )

    def check(self, run) -> None:
        for name, value, known in (("codec", self.codec, CODECS), ("peers", self.peers, PEERS)):
            if value not in known:
                raise Refused(f"exchange.{name}={value} is not known; {nearest(value, known)}")
        if not self.period > 0:
            raise Refused(f"exchange.period must be above 0, got {self.period}")
        if run.n == 1:
            raise Refused(
                f"exchange.kind={self.kind} needs peers, and n=1 has none; set n=2 or exchange.kind=none"
            )
        equal = [size for size in range(2, run.n) if run.n % size == 0]
        if self.group not in (0, run.n, *equal):
            near = sorted(sorted(equal, key=lambda size: abs(size - self.group))[:2])
            raise Refused(
                f"exchange.group={self.group} does not cut n={run.n} models in equal groups of 2 or more; "
                f"set {', '.join(map(str, [*near, 0]))} (0: all {run.n} in one)"
            )

    def peers_of(self, n: int) -> list[list[int]]:
        size = self.group or n
        apart = {1, size - 1} if self.peers == "ring" else range(1, size)
        return [
            sorted({i - i % size + (i + step) % size for step in apart} - {i}) for i in range(n)
        ]

    def messages(self, run, updates: int) -> int:
        """How often a model sends to a peer in so many updates, added up over its peers."""
        return -(-updates // self.period) * len(self.peers_of(run.n)[0])


def everyone(n: int) -> list[list[int]]:
    """For each model the others, all of them."""
    return [[j for j in range(n) if j != i] for i in range(n)]
