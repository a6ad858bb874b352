"""Writes a group's checkpoints into the store, in a thread: the loop only copies its weights."""

import threading
from collections import deque
from time import monotonic, sleep

from codist.journal import Journal
from codist.published import Form, update_of
from codist.store import Store
from codist.store_use import KEPT

TRIES = 4  # calls for the last checkpoint of a run, whose loop waits for it
PAUSE = 0.2  # seconds before a failed call is tried again; doubled each time up to LONGEST
LONGEST = 10.0
LOOK = 0.02  # seconds between two looks for a checkpoint: to wake a thread, a loop would wait longer than for a copy


class Publisher:
    """Publishes the checkpoints of `model`. say(line): called once if calls of the store fail.

    journal: notes each checkpoint before it is written; None: nothing is noted
    A call that fails is repeated until a newer checkpoint takes its place. failed: how many did
    """

    def __init__(self, store: Store, journal: Journal | None, form: Form, model: int, say):
        self.store, self.journal, self.form, self.model, self.say = store, journal, form, model, say
        self.waiting: deque[tuple] = deque(maxlen=1)  # (update, weights) of the newest
        self.closing, self.failed = threading.Event(), 0
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.run, name="publisher", daemon=True)
        self.thread.start()

    def publish(self, update: int, weights) -> None:
        """Hand over `weights`, (W,), that nobody changes any more; returns at once.

        A checkpoint that still waits for its turn is replaced, so a slow store delays no update.
        Raises what ended the thread.
        """
        if self.error:
            raise self.error
        self.waiting.append((update, weights))

    def close(self) -> None:
        """Wait until the last checkpoint is written, or TRIES calls failed."""
        self.closing.set()
        self.thread.join()
        if self.error:
            raise self.error

    def run(self) -> None:
        try:
            while (next_one := self.next()) is not None:
                update, weights = next_one
                name, content = self.form.packed(self.model, update, weights)
                self.deliver(name, content, update)
        except BaseException as error:  # raised in the loop, by publish or close
            self.error = error

    def next(self) -> tuple | None:
        """The checkpoint to write, waited for; None at the end."""
        while not self.waiting:
            if self.closing.wait(LOOK):
                break
        return self.waiting.pop() if self.waiting else None

    def deliver(self, name: str, content: bytes, update: int) -> None:
        """Write a checkpoint, its line of the journal first."""
        pause, calls, noted = PAUSE, 0, False
        while True:
            try:
                if self.journal and not noted:
                    self.journal.write(update=update, published=name)
                    noted = True
                self.store.write(f"{self.model}/{name}", content)
                return self.prune()
            except OSError as error:
                self.failed, calls = self.failed + 1, calls + 1
                if self.failed == 1:
                    self.say(f"checkpoint {name} is not published yet: {error}; it is tried again")
            until = monotonic() + pause
            while not self.waiting and monotonic() < until:
                sleep(LOOK)
            if self.waiting or (self.closing.is_set() and calls >= TRIES):
                return None
            pause = min(2 * pause, LONGEST)

    def prune(self) -> None:
        """Remove all but the newest KEPT checkpoints of this group."""
        folder = str(self.model)
        own = [name for name in self.store.names(folder) if update_of(name) >= 0]
        for name in sorted(own)[:-KEPT]:
            self.store.remove(f"{folder}/{name}")
