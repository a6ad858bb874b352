"""A group's side of the exchange through files: what it publishes and hears, live or again after a crash."""

import os
import secrets
import socket
import sys
import time
from pathlib import Path

from codist.disk import write_atomically
from codist.errors import Damaged, Refused
from codist.journal import HEARD, PASSED_OVER, PUBLISHED, Journal
from codist.lease import OWNER, TRIES
from codist.listener import Found, Listener, copy_of
from codist.published import Form, flat, update_of
from codist.publisher import Publisher
from codist.store import Store, store_at

FOLDER = (
    "heard"  # of the copies of what was heard, until checkpoints of the run no longer need them
)


class LivePeers:
    """The other models of a run, through `store`. folder: of this group, with its journal.

    weights: {j: how many weights model j has}, of this group's model too; peers: those it learns from
    Raises Refused if the store cannot be reached, or another process publishes as `model`.
    """

    def __init__(self, store: Store, folder: Path, form: Form, model: int, weights: dict[int, int],
                 peers: list[int]):  # fmt: skip
        self.store, self.form, self.model, self.weights = store, form, model, weights
        self.journal = Journal(folder)
        self.kept = store_at(str(folder / FOLDER))
        # (update at which it was heard, file in the folder `heard`)
        self.copies = [
            (line["update"], copy_of(line["peer"], line["heard"]))
            for line in self.journal.lines
            if HEARD in line
        ]
        self.newest = dict.fromkeys(peers, -1)
        own(store, folder, model)
        self.publisher = Publisher(store, self.journal, form, model, self.say)
        self.listener: Listener | None = None

    def resume(self, newest: dict[int, int]) -> None:
        """Go on after checkpoints of these updates were heard. newest: {j: update}, -1 for none."""
        self.newest.update(newest)

    def publish(self, update: int, parts) -> None:
        """Publish this model's weights before `update`, in order `parts`; returns at once.

        What was published in an earlier life must be the same. Raises Damaged if it is not.
        """
        if update > self.journal.last:
            return self.publisher.publish(update, parts)
        for line in self.journal.at(update, PUBLISHED):
            name, content = self.form.packed(self.model, update, flat(parts))
            if name != line[PUBLISHED]:
                raise Damaged(
                    f"{self.journal.path}: before update {update} it published {line[PUBLISHED]}, and resumed it has "
                    f"{name}: another machine or version computes other bits; move the folder of this group away"
                )
            try:  # the crash may have come before it was written
                if max(map(update_of, self.store.names(str(self.model))), default=-1) < update:
                    self.store.write(f"{self.model}/{name}", content)
            except OSError as error:
                self.say(f"checkpoint {name} is not published: {error}; the next one will be")
        return None

    def hear(self, update: int) -> list[Found]:
        """What is new at `update`, which the journal then has; does not wait for anyone.

        Raises Damaged if what an earlier life heard is gone.
        """
        if update <= self.journal.last:
            return self.heard_before(update)
        if self.listener is None:
            self.listener = Listener(
                self.store, self.form, self.weights, self.newest, self.kept, self.say
            )
            self.listener.start()
        taken = self.listener.take_each_period()
        return [found for found in taken if self.noted(update, found)]

    def noted(self, update: int, found: Found) -> bool:
        """Write what was found to the journal; false if the disk refuses, so that it is not used."""
        what = {PASSED_OVER: found.name, "why": found.why} if found.why else {HEARD: found.name}
        try:
            self.journal.write(update=update, peer=found.peer, **what)
        except OSError as error:
            self.say(f"{found.name} of model {found.peer} is not used: {error}")
            if not found.why:
                self.kept.remove(copy_of(found.peer, found.name))
            return False
        if found.why:
            self.say(f"{found.name} of model {found.peer} is passed over: {found.why}")
        else:
            self.copies.append((update, copy_of(found.peer, found.name)))
        return True

    def heard_before(self, update: int) -> list[Found]:
        """What an earlier life heard at `update`."""
        found = [
            Found(line["peer"], line[PASSED_OVER], why=line["why"])
            for line in self.journal.at(update, PASSED_OVER)
        ]
        for line in self.journal.at(update, HEARD):
            peer, name = line["peer"], line[HEARD]
            limit = self.form.limit(self.weights[peer])
            try:
                content = self.kept.read(copy_of(peer, name), limit)
            except OSError as error:
                raise Damaged(
                    f"{self.journal.path}: what it heard at update {update}, {name} of model {peer}, cannot be read "
                    f"again: {error}; move the folder of this group away to begin again"
                ) from error
            found.append(
                Found(peer, name, self.form.opened(name, content, peer, self.weights[peer]))
            )
            self.newest[peer] = update_of(name)
        return found

    def forget(self, update: int) -> None:
        """Remove the copies of what was heard up to `update`, which no checkpoint needs any more."""
        for _, name in (old := [one for one in self.copies if one[0] <= update]):
            self.kept.remove(name)
        self.copies = self.copies[len(old) :]

    def failed(self) -> int:
        """Calls of the store that failed."""
        return self.publisher.failed + (self.listener.failed if self.listener else 0)

    def close(self) -> None:
        """Wait for the last checkpoint to be written, then end."""
        if self.listener:
            self.listener.close()
        self.publisher.close()
        self.journal.close()

    def say(self, line: str) -> None:
        print(f"model {self.model}: {line}", file=sys.stderr, flush=True)


def own(store: Store, folder: Path, model: int) -> None:
    """Note in the store that the group of `folder` publishes as `model`. Raises Refused as LivePeers."""
    path = folder / "owner"
    if not path.exists():
        # an owner without a name would be the same in every group whose disk was full
        write_atomically(path, f"{secrets.token_hex(8)} {socket.gethostname()} {os.getpid()}")
    mine, name = path.read_text(), f"{model}/{OWNER}"
    for attempt in range(TRIES):
        try:
            store.add(name, mine.encode())
            there = store.read(name, 1000).decode(errors="replace")
            break
        except OSError as error:
            if attempt == TRIES - 1:
                raise Refused(f"place.store cannot be reached: {error}; expected a folder or an address that can be "
                              "written") from error  # fmt: skip
            time.sleep(0.2 * 2**attempt)
    if there != mine:
        raise Refused(
            f"model {model} of this run is published by another process already ({there[:80]}); choose another "
            f"place.group, or remove {name} from the store if that process is gone for good"
        )
