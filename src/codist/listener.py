"""Reads the freshest whole checkpoints of the peers from the store, in a thread that the loop never waits for."""

import math
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from codist.errors import Unusable
from codist.published import Form, update_of
from codist.store import Store
from codist.store_use import LOOKS

FIRST = 0.1  # seconds between looks until the length of a period is known


class Found(NamedTuple):
    """A checkpoint in the folder of a peer: its weights, (W,) fp32, or why it is passed over."""

    peer: int
    name: str
    weights: Any = None
    why: str = ""

    @property
    def update(self) -> int:
        return update_of(self.name)


def copy_of(peer: int, name: str) -> str:
    """The name of a group's own copy of a checkpoint that it heard."""
    return f"{peer}-{name}"


def order(name: str) -> float:
    """The update in a name; above all others for a name that is none of a checkpoint, to be seen at all."""
    return update_of(name) if update_of(name) >= 0 else math.inf


class Listener:
    """Looks at the store for checkpoints of peers that are newer than those it has.

    weights  {j: how many weights model j has}
    newest   {j: the update of the newest checkpoint heard from j, -1 for none}
    kept     gets a copy of each usable checkpoint (copy_of), before it is handed over; None: no copies
    say      called once if calls of the store fail

    A checkpoint is passed over once two looks found it unusable, since in a store without renames
    one may still be being written. failed: how many calls of the store did
    """

    def __init__(self, store: Store, form: Form, weights: dict[int, int], newest: dict[int, int],
                 kept: Store | None, say: Callable[[str], None]):  # fmt: skip
        self.store, self.form, self.weights = store, form, weights
        self.newest, self.kept, self.say = newest, kept, say
        self.pause, self.failed = FIRST, 0
        self.doubted: set[tuple[int, str]] = set()
        self.passed: set[tuple[int, str]] = set()
        self.lock, self.stop = threading.Lock(), threading.Event()
        self.ready: dict[int, Found] = {}
        self.taken_at: float | None = None
        self.unusable: list[Found] = []
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.run, name="listener", daemon=True)

    def start(self) -> None:
        self.thread.start()

    def take_each_period(self) -> list[Found]:
        """`take`, by a loop that calls it once a period: the thread then looks LOOKS times a period."""
        now = time.monotonic()
        if self.taken_at is not None:
            self.pause = (now - self.taken_at) / LOOKS
        self.taken_at = now
        return self.take()

    def take(self) -> list[Found]:
        """What was found since the last call; does not wait. Raises what ended the thread."""
        if self.error:
            raise self.error
        with self.lock:
            found = [*self.unusable, *(self.ready[j] for j in sorted(self.ready))]
            self.ready, self.unusable = {}, []
        return found

    def close(self) -> None:
        self.stop.set()
        self.thread.join()

    def run(self) -> None:
        try:
            while not self.stop.wait(self.pause):
                for peer in self.newest:
                    self.look(peer)
        except BaseException as error:  # raised in the loop, by take
            self.error = error

    def look(self, peer: int) -> None:
        """Read the freshest usable checkpoint of `peer`, if it is newer than the last one."""
        try:
            names = self.store.names(str(peer))
            for name in sorted(names, key=order, reverse=True):
                if self.stop.is_set() or self.known(peer, name):
                    return
                if (peer, name) not in self.passed and self.read(peer, name):
                    return
        except OSError as error:
            self.failed += 1
            if self.failed == 1:
                self.say(
                    f"the checkpoints of model {peer} cannot be read now: {error}; training continues without"
                )

    def known(self, peer: int, name: str) -> bool:
        """True if this checkpoint and the older ones are already known."""
        return 0 <= update_of(name) <= self.newest[peer]

    def read(self, peer: int, name: str) -> bool:
        """Read one checkpoint; true if it is usable. Raises OSError if the store fails."""
        try:
            self.form.check_name(name)
            content = self.store.read(f"{peer}/{name}", self.form.limit(self.weights[peer]))
            weights = self.form.opened(name, content, peer, self.weights[peer])
        except FileNotFoundError:  # replaced by newer ones since it was listed
            return False
        except Unusable as error:
            self.pass_over(Found(peer, name, why=str(error)))
            return False
        if self.kept:
            try:
                self.kept.write(copy_of(peer, name), content)
            except OSError as error:
                raise OSError(f"the group's own folder holds no copy: {error}") from error
        with self.lock:
            older = self.ready.get(peer)
            self.ready[peer] = Found(peer, name, weights)
            self.newest[peer] = update_of(name)
        if older and self.kept:  # nobody took it
            self.kept.remove(copy_of(peer, older.name))
        return True

    def pass_over(self, found: Found) -> None:
        which = found.peer, found.name
        if which not in self.doubted:
            self.doubted.add(which)
            return
        self.passed.add(which)
        with self.lock:
            self.unusable.append(found)
