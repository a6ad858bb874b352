"""Writes a group's checkpoints into the store, in a thread: the loop only copies its weights."""

import threading
import time
from functools import partial

from codist.journal import Journal
from codist.published import Form, update_of
from codist.store import Store
from codist.store_use import KEPT

LOOK = (
    0.02  # seconds between looks; to wake the thread would take longer than to copy a small network
)
TRIES = 4  # calls for the last checkpoint of a run, whose loop waits for it
PAUSE = 0.2  # seconds before a failed call is tried again; doubled each time up to LONGEST
LONGEST = 10.0


class Memory:
    """The memory of one checkpoint: its weights, (W,), and a view of each of the parts they consist of."""

    def __init__(self, parts):
        import torch

        sizes, first = [one.numel() for one in parts], parts[0]
        self.weights = torch.empty(sum(sizes), dtype=first.dtype, device=first.device)
        views = zip(self.weights.split(sizes), parts, strict=True)
        # copy(parts): take over their values, in one call
        self.copy = partial(torch._foreach_copy_, [view.view(part.shape) for view, part in views])


class Publisher:
    """Publishes the checkpoints of `model`. say(line): called once if calls of the store fail.

    journal: notes each checkpoint before it is written; None: nothing is noted
    A call that fails is repeated until a newer checkpoint takes its place. failed: how many did
    """

    def __init__(self, store: Store, journal: Journal | None, form: Form, model: int, say):
        self.store, self.journal, self.form, self.model, self.say = store, journal, form, model, say
        self.lock, self.closing = threading.Lock(), threading.Event()
        self.waiting: list[tuple[int, Memory]] = []  # (update, weights), oldest first
        self.spare: list[Memory] = []  # of weights that were packed, for the next ones
        self.writing, self.failed = False, 0
        self.error: BaseException | None = None
        self.thread = threading.Thread(target=self.run, name="publisher", daemon=True)
        self.thread.start()

    def publish(self, update: int, parts) -> None:
        """Copy the weights, whose detached `parts` make (W,), and return; the thread writes them.

        The checkpoints of a fast loop wait for the next look, as many as the store keeps. While one is
        written, only the newest waits, so a slow store delays no update. Raises what ended the thread.
        """
        if self.error:
            raise self.error
        memory = self.spare.pop() if self.spare else Memory(parts)
        memory.copy(parts)
        with self.lock:
            self.waiting.append((update, memory))
            del self.waiting[: -1 if self.writing else -KEPT]

    def close(self) -> None:
        """Wait until the last checkpoint is written, or TRIES calls failed."""
        self.closing.set()
        self.thread.join()
        if self.error:
            raise self.error

    def run(self) -> None:
        try:
            while (next_one := self.next()) is not None:
                update, memory = next_one
                name, content = self.form.packed(self.model, update, memory.weights)
                self.spare = [memory]
                self.deliver(name, content, update)
        except BaseException as error:  # raised in the loop, by publish or close
            self.error = error

    def next(self) -> tuple | None:
        """The checkpoint to write, waited for; None at the end."""
        while True:
            last = self.closing.is_set()  # nothing is handed over after that
            with self.lock:
                self.writing = bool(self.waiting)
                if self.waiting:
                    return self.waiting.pop(0)
            if last:
                return None
            self.closing.wait(LOOK)

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
            again = time.monotonic() + pause
            while not self.waiting and time.monotonic() < again:
                time.sleep(LOOK)
            if self.waiting or (self.closing.is_set() and calls >= TRIES):
                return None
            pause = min(2 * pause, LONGEST)

    def prune(self) -> None:
        """Remove all but the newest KEPT checkpoints of this group."""
        folder = str(self.model)
        own = [name for name in self.store.names(folder) if update_of(name) >= 0]
        for name in sorted(own)[:-KEPT]:
            self.store.remove(f"{folder}/{name}")
