"""Which ranks are still there: signs of life, meetings and a roll call, over the store that rank 0 keeps."""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import timedelta

ROLL_CALL = 10.0  # seconds that ranks are given to answer once something is wrong
# seconds that a rank which lives is waited for: it may save, validate or search longer than another
SLOW = 3600.0


class Presence:
    """Of this rank among all of them.

    patience: seconds after which a rank without a sign of life is given up. Of a store that is
    stopped no call ever returns, so each is made in a thread that can be left behind.
    """

    def __init__(self, store, rank: int, ranks: int, patience: float):
        self.store, self.rank, self.ranks, self.patience = store, rank, ranks, patience
        self.meetings, self.left = 0, threading.Event()
        threading.Thread(target=self.beat, args=[store.clone()], daemon=True).start()

    def beat(self, store) -> None:
        """Say now and then that this process lives, whatever it is at. `store` is a connection of its own."""
        with contextlib.suppress(RuntimeError):  # it is gone, and rank 0 with it
            store.set(f"beat {self.rank}", "")
            while not self.left.wait(self.patience / 4):
                store.set(f"beat {self.rank}", str(time.monotonic()))

    def meet(self) -> None:
        """Wait until all ranks are here. Raises RuntimeError where one lives no more, or is not here in an hour."""
        self.meetings += 1
        patience, until = self.patience, time.monotonic() + SLOW
        self.ask(patience, self.store.set, f"met {self.meetings} {self.rank}", "")
        for rank in range(self.ranks):
            beat = None
            while not self.ask(patience + 5, self.seen, f"met {self.meetings} {rank}", patience):
                heard = self.ask(max(patience / 3, 2), self.store.get, f"beat {rank}")
                if heard == beat or time.monotonic() > until:
                    raise RuntimeError(f"Timed out waiting for rank {rank}")
                beat = heard
        self.ask(patience, self.store.delete_key, f"met {self.meetings - 1} {self.rank}")

    def missing(self) -> list[int]:
        """Ranks that do not answer a roll call, which all hold once a collective has failed."""
        until, here = time.monotonic() + ROLL_CALL, []

        def call():
            self.store.set(f"here {self.rank}", "")
            for rank in sorted(
                range(self.ranks), key=lambda rank: rank != self.rank
            ):  # does the store answer?
                if self.seen(f"here {rank}", max(until - time.monotonic(), 0.2)):
                    here.append(rank)
            return True

        with contextlib.suppress(RuntimeError):
            self.ask(ROLL_CALL + 1, call)
        return (
            [rank for rank in range(self.ranks) if rank not in here] if here else [0]
        )  # rank 0 keeps the store

    def seen(self, key: str, seconds: float) -> bool:
        """Is `key` in the store, or comes within so many seconds?"""
        try:
            self.store.wait([key], timedelta(seconds=seconds))
        except RuntimeError:
            return False
        return True

    def ask(self, seconds: float, question: Callable, *given):
        """The store's answer. Raises RuntimeError where there is none: then rank 0 is gone, which keeps it."""
        answers = []

        def call():
            with contextlib.suppress(RuntimeError):
                answers.append(question(*given))

        asking = threading.Thread(target=call, daemon=True)
        asking.start()
        asking.join(seconds)
        if not answers:
            raise RuntimeError("Timed out waiting for rank 0, which keeps the store")
        return answers[0]
