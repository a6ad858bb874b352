"""Groups that exchange checkpoints through a store, simulated event by event, without training.

They have random speeds and phases. They copy, write, look, read, take, fail and restart by the
rules of codist/publisher.py and codist/listener.py, which codist/store_use.py puts into a formula.
"""

import numpy as np

from codist.store_use import StoreUse

SPREAD = 0.2  # of the groups' speeds, lognormal
JITTER = 0.05  # of the lengths of one group's periods, lognormal
# simulated periods, or rounds of reading if they are longer, and those of them left out
TURNS, WARM_UP = 40, 10
FAILURES = 8  # of each group, at least, where groups fail
SAMPLES = 8  # of the age, in each period


class Group:
    """The course of one group until `end`, in seconds: when it is down, copies its weights, has a file.

    copied: moments at which it copies its weights, and takes what is ready; (K,)
    files:  (the moment copied, the moment written) of each file; (F,) each
    """

    def __init__(self, use: StoreUse, slower: float, end: float, random: np.random.Generator):
        period = use.period_seconds * slower
        lengths = random.lognormal(-(JITTER**2) / 2, JITTER, int(1.2 * end / period) + 5) * period
        # in seconds of running, in which failures have no length
        self.ran = np.cumsum(lengths) - lengths[0] * random.random()
        failures = int(2 * end / use.between_failures) + 20 if use.restart else 0
        self.failed = np.cumsum(random.exponential(use.between_failures, failures))
        self.lost = np.cumsum([0.0, *random.exponential(use.restart, failures)])
        self.down, self.up = self.failed + self.lost[:-1], self.failed + self.lost[1:]
        self.copied = self.wall(self.ran)
        self.pause = period / use.looks
        self.files = self.write(use.transfer_seconds)

    def wall(self, ran: np.ndarray) -> np.ndarray:
        """The time at which it has run for `ran` seconds."""
        return ran + self.lost[np.searchsorted(self.failed, ran)]

    def after(self, begun: float, seconds: float) -> tuple[float, bool]:
        """The end of a task of `seconds`, False; or that of the failure that ends the task, True."""
        nth = int(np.searchsorted(self.up, begun, "right"))
        if nth < len(self.down) and self.down[nth] < begun + seconds:
            return float(self.up[nth]), True
        return begun + seconds, False

    def write(self, seconds: float) -> tuple[np.ndarray, np.ndarray]:
        """One file at a time: the newest copy that there is, or else the next."""
        found, now, last = [], 0.0, -1
        while last + 1 < len(self.copied):
            nth = max(int(np.searchsorted(self.copied, now, "right")) - 1, last + 1)
            now, failed = self.after(max(now, self.copied[nth]), seconds)
            if not failed:
                found.append((self.copied[nth], now))
                last = nth
        copied, written = zip(*found, strict=True)
        return np.array(copied), np.array(written)

    def read(self, peers: list["Group"], seconds: float, end: float) -> list[list[tuple]]:
        """(The moment ready, the moment copied) of each file that it fetches of each peer, in order.

        Round by round: each peer in turn, its newest file if that is news, then a pause. A failure
        loses what is ready and not yet taken.
        """
        ready: list[list[tuple]] = [[] for _ in peers]
        news = np.array([peer.files[1][0] for peer in peers])  # when each has the next file
        now, turn = self.copied[0], 0
        while now < end:
            there = np.flatnonzero(news[turn:] <= now)
            if len(there):
                j = turn + int(there[0])
                copied, written = peers[j].files
                nth = int(np.searchsorted(written, now, "right")) - 1
                now, failed = self.after(now, seconds)
                if not failed:
                    ready[j].append((now, copied[nth]))
                    news[j] = written[nth + 1] if nth + 1 < len(written) else np.inf
                    turn = j + 1
            else:  # a pause, and more of them while rounds find nothing
                pauses = max(1, np.ceil((news.min() - now) / self.pause))
                now, failed = self.after(now, pauses * self.pause)
                turn = 0
            if failed:
                fell = self.down[np.searchsorted(self.up, now, "right") - 1]
                took = self.copied[np.searchsorted(self.copied, fell, "right") - 1]
                for j, of_peer in enumerate(ready):
                    while of_peer and of_peer[-1][0] > took:
                        of_peer.pop()
                        news[j] = now
                turn = 0
        return ready

    def ages(self, peers: list["Group"], seconds: float, begin: float, end: float) -> list[float]:
        """The mean age of each peer's checkpoint in use, over the running time from `begin` to `end`."""
        first, last = np.searchsorted(self.copied, (begin, end))
        within = (np.arange(SAMPLES) + 0.5) / SAMPLES
        moments = self.ran[first : last - 1, None] + np.outer(np.diff(self.ran[first:last]), within)
        takes, now = self.copied[first : last - 1], self.wall(moments)  # (K,), (K, SAMPLES)
        found = []
        for fetched in self.read(peers, seconds, end):
            ready, copied = np.array(fetched).T
            heard = copied[np.searchsorted(ready, takes, "right") - 1]
            found.append(float((now - heard[:, None]).mean()))
        return found


def simulated(use: StoreUse, seed: int = 1) -> float:
    """The mean age of a heard checkpoint in use, seconds; over groups, their peers, and time."""
    random = np.random.default_rng(seed)
    slower = random.lognormal(0, SPREAD, use.groups)
    turn = max(use.period_seconds, use.read_seconds)
    end = max(TURNS * turn, FAILURES * use.between_failures if use.restart else 0.0)
    groups = [Group(use, one, end, random) for one in slower / slower.mean()]
    ages = []
    for i, group in enumerate(groups):
        # those next to it on a ring, on both sides
        near = sorted(range(1, use.groups), key=lambda step: min(step, use.groups - step))
        peers = [groups[(i + step) % use.groups] for step in near[: use.peers]]
        ages += group.ages(peers, use.transfer_seconds, WARM_UP * turn, end)
    return float(np.mean(ages))
