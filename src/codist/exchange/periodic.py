"""Options shared by exchanges between peers: period, codec, and which models are peers."""

from dataclasses import dataclass
from typing import ClassVar

from codist.codecs import CODECS, LOGITS
from codist.errors import Refused, nearest
from codist.exchange.no_exchange import Options

PEERS = ("all", "ring")


@dataclass
class PeriodicOptions(Options):
    """Each model sends to its peers every `period` updates."""

    sends: ClassVar[str] = LOGITS

    period: int = 1  # updates between exchanges (C12)
    # 32 bits per number; half: 16 bits; int8: 8, of weights only; topk: the k largest logits (C36)
    codec: str = "full"
    peers: str = "all"  # a model learns from all others; ring: from its two neighbours
    group: int = 0  # size of independent groups, within which models are peers; 0: one group of n

    def check(self, run) -> None:
        for name, value, known in (("codec", self.codec, CODECS), ("peers", self.peers, PEERS)):
            if value not in known:
                raise Refused(f"exchange.{name}={value} is not known; {nearest(value, known)}")
        if self.sends not in CODECS[self.codec].encodes:
            raise Refused(
                f"exchange.codec={self.codec} is not for {self.sends}, which exchange.kind={self.kind} sends; set "
                "exchange.codec=half"
            )
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
                f"exchange.group={self.group} does not divide n={run.n} models into equal groups of 2 or more; "
                f"set {', '.join(map(str, [*near, 0]))} (0: all {run.n} in one)"
            )

    def peers_of(self, n: int) -> list[list[int]]:
        size = self.group or n
        apart = {1, size - 1} if self.peers == "ring" else range(1, size)
        return [
            sorted({i - i % size + (i + step) % size for step in apart} - {i}) for i in range(n)
        ]

    def messages(self, run, updates: int) -> int:
        """Messages that a model sends in `updates` updates, one per peer and exchange."""
        return -(-updates // self.period) * len(self.peers_of(run.n)[0])


def everyone(n: int) -> list[list[int]]:
    """All other models, for each model."""
    return [[j for j in range(n) if j != i] for i in range(n)]
