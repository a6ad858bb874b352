"""The exchange through files of a loop of one's own: no journal, and the loop may begin again at any update.

A loop resumes from a checkpoint of its own, or from nothing. What it publishes then is what its
peers hear, also if an earlier life had come further. So a publisher removes the files of earlier
lives, and a listener also hears a peer that went back.
"""

import sys

from codist.lease import Lease
from codist.listener import Found, Listener
from codist.published import Form, update_of
from codist.publisher import Publisher
from codist.store import Store, store_at
from codist.store_use import KEPT


class LoopPublisher(Publisher):
    """Publishes; of its folder only the last KEPT files that it wrote itself stay."""

    def __init__(self, store: Store, form: Form, model: int, say, lease: Lease):
        self.lease, self.written = lease, [""] * KEPT
        super().__init__(store, None, form, model, say)

    def deliver(self, name, content, update):
        self.written = [*self.written[1:], name]
        super().deliver(name, content, update)

    def prune(self):
        if not self.lease.held():
            return  # the files are of the process that has the place now
        for name in self.store.names(str(self.model)):  # oldest first, as the listener needs it
            if update_of(name) >= 0 and name not in self.written:
                self.store.remove(f"{self.model}/{name}")


class LoopListener(Listener):
    """Hears the newest file of a peer whenever it is another than the last one heard."""

    def __init__(self, *given):
        super().__init__(*given)
        self.last: dict[int, str] = {}

    def known(self, peer, name):
        return name == self.last.get(peer)

    def read(self, peer, name):
        usable = super().read(peer, name)
        if usable:
            self.last[peer] = name
        return usable


class LoopPeers:
    """The other models, through the store at `address`; this process holds the place of `model`.

    weights: how many a model has. Raises Refused if the store cannot be used, or if another live
    process publishes as `model`.
    """

    def __init__(self, address: str, form: Form, model: int, n: int, weights: int):
        self.form, self.model, self.weights = form, model, weights
        store = store_at(address)
        self.lease = Lease(store, address, model, self.say)
        peers = [j for j in range(n) if j != model]
        counts, newest = dict.fromkeys(peers, weights), dict.fromkeys(peers, -1)
        self.publisher = LoopPublisher(store, form, model, self.say, self.lease)
        self.listener = LoopListener(store, form, counts, newest, None, self.say)
        self.listener.start()
        self.told: set[tuple[int, str]] = set()

    def publish(self, update: int, parts) -> None:
        """Publish this model's weights before `update`, in order `parts`; returns at once."""
        self.publisher.publish(update, parts)

    def hear(self) -> list[Found]:
        """The new checkpoints of peers; does not wait. Raises Refused if another process took the place."""
        self.lease.refuse_if_lost()
        found = self.listener.take_each_period()
        for one in found:
            if not one.why or (one.peer, one.why) in self.told:
                continue
            # once, since a peer of another script would do it at each period
            self.told.add((one.peer, one.why))
            self.say(
                f"{one.name} of model {one.peer} is passed over: {one.why}; expected {self.form.identity}, "
                f"codec {self.form.name}, {self.weights} weights"
            )
        return [one for one in found if not one.why]

    def close(self) -> None:
        """Wait for the last checkpoint to be written, then free the place."""
        self.listener.close()
        try:
            self.publisher.close()
        finally:
            self.lease.close()

    def say(self, line: str) -> None:
        print(f"model {self.model}: {line}", file=sys.stderr, flush=True)
