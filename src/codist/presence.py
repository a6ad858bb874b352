"""Detection of lost ranks: heartbeats, barriers and a roll call, over the store on rank 0."""

import contextlib
import threading
import time
from collections.abc import Callable
from datetime import timedelta

ROLL_CALL = 10.0  # seconds to answer the roll call after a failure
# seconds that a barrier waits for a live rank, which may save, validate or decode longer than others
SLOW = 3600.0


class Presence:
    """Heartbeat and barrier of this rank, through the rendezvous store.

    patience: seconds without a heartbeat after which a rank counts as lost. Calls to a stopped store
    never return, so each call runs in a thread that can be abandoned.
    """

    def __init__(self, store, rank: int, ranks: int, patience: float):
        self.store, self.rank, self.ranks, self.patience = store, rank, ranks, patience
        self.meetings, self.left = 0, threading.Event()
        threading.Thread(target=self.beat, args=[store.clone()], daemon=True).start()

    def beat(self, store) -> None:
        """Send heartbeats while this process runs. `store`: a connection used for nothing else."""
        # raised once rank 0, and with it the store, is gone
        with contextlib.suppress(RuntimeError):
            store.set(f"beat {self.rank}", "")
            while not self.left.wait(self.patience / 4):
                store.set(f"beat {self.rank}", str(time.monotonic()))

    def meet(self) -> None:
        """Barrier over all ranks. Raises RuntimeError if one is lost or does not arrive within an hour."""
        self.meetings += 1
        patience, until = self.patience, time.monotonic() + SLOW
        self.ask(patience, self.store.set, f"met {self.meetings} {self.rank}", "")
        for rank in range(self.ranks):
            # a short first wait, so that the heartbeat to compare with is not read a patience later
            beat, wait = None, patience / 4
            while not self.ask(patience + 5, self.seen, f"met {self.meetings} {rank}", wait):
                received = self.ask(max(patience / 3, 2), self.store.get, f"beat {rank}")
                if received == beat or time.monotonic() > until:
                    raise RuntimeError(f"Timed out waiting for rank {rank}")
                beat, wait = received, patience
        self.ask(patience, self.store.delete_key, f"met {self.meetings - 1} {self.rank}")

    def missing(self) -> list[int]:
        """Ranks that do not answer the roll call, which all ranks call after a failed collective."""
        until, present = time.monotonic() + ROLL_CALL, []

        def call():
            self.store.set(f"here {self.rank}", "")
            # this rank first: if it is not seen, the store does not answer
            for rank in sorted(range(self.ranks), key=lambda rank: rank != self.rank):
                if self.seen(f"here {rank}", max(until - time.monotonic(), 0.2)):
                    present.append(rank)
            return True

        with contextlib.suppress(RuntimeError):
            self.ask(ROLL_CALL + 1, call)
        # without any answer the store is gone, and so is rank 0
        return [rank for rank in range(self.ranks) if rank not in present] if present else [0]

    def seen(self, key: str, seconds: float) -> bool:
        """True if `key` is in the store within `seconds`."""
        try:
            self.store.wait([key], timedelta(seconds=seconds))
        except RuntimeError:
            return False
        return True

    def ask(self, seconds: float, call_store: Callable, *given):
        """Call the store. Raises RuntimeError without an answer, since rank 0, which hosts it, is gone."""
        answers = []

        def call():
            with contextlib.suppress(RuntimeError):
                answers.append(call_store(*given))

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        thread.join(seconds)
        if not answers:
            raise RuntimeError("Timed out waiting for rank 0, which keeps the store")
        return answers[0]
