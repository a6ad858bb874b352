"""One group of bench kills: it kills itself, calls of its store fail, and its clock is hours off."""

import itertools
import os
import signal
import sys
import time

from codist.errors import Refused
from codist.live_peers import FOLDER

LONGEST = 4.0  # seconds until a kill by the clock
# where a process kills itself: a random time after its start, or at one of these calls
MOMENTS = ("time", "before publishing", "after publishing", "after hearing", "before saving")
REFUSED = 3  # exit code of a second group that is refused, since another process has its name


def train(part, moment: str | None, nth: int, skew: float, trains) -> None:
    """Train one group in this process until it ends or kills itself.

    skew: of its clock, in seconds; trains: its value is 1 after the first update
    """
    from codist import checkpoint, live_peers, store
    from codist.journal import HEARD, Journal
    from launch.work import work

    skew_clock(store.Folder, skew)
    at: dict = {
        "before publishing": (store.Folder, "write", True, lambda name, content: name.startswith(str(part.group))),
        "after publishing": (store.Folder, "write", False, lambda name, content: name.startswith(str(part.group))),
        "after hearing": (Journal, "write", False, lambda **line: HEARD in line),
        "before saving": (checkpoint, "save", True, lambda *given: True),
    }  # fmt: skip
    if moment == "time":
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, LONGEST * nth / 8)
    elif moment is not None:
        kill_at(*at[moment], nth)
    fail_every_tenth(store.Folder)
    sys.stderr = open(os.devnull, "w")  # what it says of failed calls
    assert live_peers.store_at is store.store_at
    work(part, lambda update: setattr(trains, "value", 1))


def train_as_second(part, skew: float) -> None:
    """Train a group under a name that is in use; the exit code is REFUSED if it is refused for that."""
    from codist import store
    from launch.work import work

    skew_clock(store.Folder, skew)
    fail_every_tenth(store.Folder)
    sys.stderr = open(os.devnull, "w")
    try:
        work(part)
    except Refused as error:
        sys.exit(REFUSED if "another process" in str(error) else 1)


def skew_clock(kind: type, skew: float) -> None:
    """Have the time of day of this process, and of the files that it stores, be off by `skew` seconds."""
    clock, write = time.time, kind.write
    time.time = lambda: clock() + skew

    def writing(self, name, content):
        write(self, name, content)
        now = time.time()
        os.utime(self.folder / name, (now, now))

    kind.write = writing


def kill_at(owner, name: str, before: bool, counts, nth: int) -> None:
    """Have this process killed at the nth call of owner.name for which `counts` is true."""
    real, calls = getattr(owner, name), itertools.count(1)

    def killing(*given, **named):
        values = given[1:] if isinstance(owner, type) else given
        now = counts(*values, **named) and next(calls) == nth
        if now and before:
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*given, **named)
        if now:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, killing)


def fail_every_tenth(kind: type) -> None:
    """Have every tenth call of a store of this kind fail, as an overloaded service would."""
    calls = itertools.count(1)
    for name in ("write", "read", "names", "remove"):
        real = getattr(kind, name)

        def failing(self, *given, real=real):
            # the copies of what was heard are on the group's own disk
            if next(calls) % 10 == 0 and self.folder.name != FOLDER:
                raise OSError("the store does not answer")
            return real(self, *given)

        setattr(kind, name, failing)
