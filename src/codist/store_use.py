"""What an exchange through a store costs: bytes, requests, storage, and the age of what is heard.

n groups train one model each. Every T updates, tau seconds, a group copies its weights, and a
thread writes them in w = bits / link seconds. A group that learns from P peers has another thread
that looks at each peer in turn, and reads what is newer than what it has, one file at a time, in
b = bits / link seconds each. Then it pauses for tau / looks. At its own multiples of T a group
takes what is ready, and uses it for T updates. Groups are not synchronized: all phases are random.
The age of a checkpoint in use is the time since its weights were copied. Its mean has three parts:

  V/2 + w  At a random moment the newest file in the store was finished V/2 ago, since one follows
           every V, and copied w before that. V = tau. If w > tau, the writer is always busy: V = w,
           and the newest copy has waited tau/2 when its turn comes.
  C/2 + b  A look finds the newest file and has it b later. C later the next look at this peer has
           another, or finds that there is none. A round of looks lasts C = tau / looks + P b C / V
           while a look finds news with probability C / V < 1. Otherwise it reads a file of each
           peer, C = tau / looks + P b, and hears each peer every r = C / V periods only.
  tau/2    It is in use for one period.

If nothing takes time but the periods, the sum is tau (1 + 1 / (2 looks)).

Failures: while it runs, a group fails once in M seconds. It is down for D seconds, until it runs
and has trained again what it lost; R = E[D]. No stage goes on while its group is down, which
stretches all by 1 + R/M. The files of a peer follow each other after X, V and the D in between:
E[X] = V (1 + R/M), Var X = V E[D^2] / M. By renewal theory the newest is E[X^2] / (2 E[X]) old:
V (1 + R/M) / 2 + E[D^2] / (2 (M + R)). The last term is the age that the file of a dead peer gains;
with exponential D, E[D^2] = 2 R^2, it is R^2 / (M + R). `python -m bench staleness` simulates this.
"""

from dataclasses import dataclass
from math import ceil, inf

LOOKS = 8  # at each peer, in a period
KEPT = 3  # checkpoints of each group in the store
HOUR = 3600.0


@dataclass(frozen=True)
class StoreUse:
    """The use of a store by n groups of equal mean speed, each with a link of its own to the store."""

    groups: int
    peers: int  # that each group learns from, P
    bits: float  # of a published checkpoint
    period: int  # T, updates
    update_seconds: float
    link: float = 0.0  # bit/s of a group, in each direction; 0: unknown, transfers take no time
    looks: int = LOOKS
    kept: int = KEPT
    between_failures: float = inf  # M, seconds that a group runs until it fails, mean
    restart: float = 0.0  # R, seconds from failure until lost updates are trained again, mean

    @property
    def period_seconds(self) -> float:
        return self.period * self.update_seconds

    @property
    def transfer_seconds(self) -> float:
        """Seconds to write or to read one checkpoint."""
        return self.bits / self.link if self.link else 0.0

    @property
    def read_seconds(self) -> float:
        """Seconds to read a checkpoint of every peer."""
        return self.peers * self.transfer_seconds

    @property
    def published_every(self) -> float:
        """V: seconds of training between two files of a group."""
        return max(self.period_seconds, self.transfer_seconds)

    @property
    def running(self) -> float:
        """The share of time in which a group is not down."""
        return 1 / (1 + self.restart / self.between_failures)

    @property
    def looks_every(self) -> float:
        """C: seconds of running between two looks at the same peer."""
        pause = self.period_seconds / self.looks
        busy = self.read_seconds * self.running / self.published_every
        return min(pause + self.read_seconds, pause / (1 - busy) if busy < 1 else inf)

    @property
    def heard_every(self) -> float:
        """r: how many checkpoints a peer publishes for each that is heard; 1 if the link suffices."""
        return max(1.0, self.looks_every * self.running / self.published_every)

    @property
    def age_seconds(self) -> float:
        """Mean age of a heard checkpoint in use."""
        waited = self.period_seconds / 2 if self.transfer_seconds > self.period_seconds else 0.0
        newest = self.published_every / 2 + waited + self.transfer_seconds
        fetched = self.looks_every / 2 + self.transfer_seconds
        used = self.period_seconds / 2
        down = self.restart**2 / (self.between_failures + self.restart)
        return (newest + fetched + used) / self.running + down

    @property
    def age_updates(self) -> float:
        return self.age_seconds / self.update_seconds

    @property
    def puts(self) -> float:
        """Checkpoints that a group writes in an hour; each is one PUT."""
        return HOUR * self.running / self.published_every

    @property
    def gets(self) -> float:
        """Checkpoints that a group reads in an hour; each is one GET."""
        return self.peers * self.puts / self.heard_every

    @property
    def lists(self) -> float:
        """Listings of folders by a group in an hour: a look lists a peer's, and each PUT its own."""
        return self.puts + HOUR * self.running * self.peers / self.looks_every

    @property
    def stored_bytes(self) -> float:
        """The storage that all groups use, without the checkpoint that each may be writing."""
        return self.groups * self.kept * self.bits / 8

    @property
    def enough(self) -> int:
        """The shortest period, in updates, in which all that peers publish is heard, without failures."""
        return max(1, ceil(self.read_seconds / (1 - 1 / self.looks) / self.update_seconds))
