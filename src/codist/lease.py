"""The place of one model in a store, held by one live process at a time. Needs no torch.

A file names the process that publishes as the model, and changes every BEAT seconds while it lives.
Whoever wants the place watches that file, so the clocks of two machines are never compared.
"""

import contextlib
import json
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from codist.errors import Refused, Unusable
from codist.store import Store

OWNER = ".owner"  # in a model's folder of the store: who publishes there
TRIES = 5  # calls of a store at the start
BEAT = 5.0  # seconds
LEASE = 30.0  # seconds without a beat after which a process counts as dead


class Lease:
    """The place of `model` in `store`. say(line): prints a line while it waits.

    A place is free if nobody has it, if its holder ran on this machine and is gone, or if its
    holder gives no beat for LEASE seconds. Raises Refused if a live process has it, or if the store
    cannot be reached.
    """

    def __init__(self, store: Store, address: str, model: int, say: Callable[[str], None]):
        self.store, self.address, self.model = store, address, model
        self.name, self.token, self.beats = f"{model}/{OWNER}", secrets.token_hex(8), 0
        self.lost = ""  # the process that has the place now, if not this one
        if (there := self.at_start(self.read)) and not gone(there):
            self.wait_for(there, say)
        self.at_start(self.beat)
        self.refuse_if_lost()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.run, name="lease", daemon=True)
        self.thread.start()

    def wait_for(self, there: dict, say: Callable[[str], None]) -> None:
        """Wait until the holder `there` is gone. Raises Refused if it lives."""
        say(f"{holder(there)} publishes as this model; waits up to {LEASE:g} s to see if it lives")
        until = time.monotonic() + LEASE
        while time.monotonic() < until:
            time.sleep(BEAT / 5)
            now = self.at_start(self.read)
            if now is None or gone(now):
                return
            if now != there:
                self.lost = holder(now)
                self.refuse_if_lost()

    def at_start(self, call: Callable):
        """The result of `call`, which is repeated if the store fails. Raises Refused after TRIES."""
        for attempt in range(TRIES):
            try:
                return call()
            except (OSError, ValueError) as error:
                failed = error
                time.sleep(0.1 * 2**attempt)
        raise Refused(
            f"files={self.address} cannot be used: {failed}; expected a folder or an address that can be written, "
            "and that only codist.Peers writes"
        ) from failed

    def read(self) -> dict | None:
        """Who has the place. Raises OSError, and ValueError for a file that no Lease wrote."""
        try:
            there = json.loads(self.store.read(self.name, 1000))
        except FileNotFoundError:
            return None
        except (ValueError, Unusable):
            there = None
        if not isinstance(there, dict) or there.keys() != self.beat_of(0).keys():
            raise ValueError(f"{self.name} was not written by codist.Peers")
        return there

    def beat_of(self, number: int) -> dict:
        mine = {"token": self.token, "host": socket.gethostname(), "pid": os.getpid()}
        return mine | {"machine": this_machine(), "beat": number}

    def beat(self) -> None:
        """Say that this process lives, and see who has the place then. Raises OSError."""
        self.beats += 1
        self.store.write(self.name, json.dumps(self.beat_of(self.beats)).encode())
        self.held()

    def held(self) -> bool:
        """True if nobody else took the place, as after a sleep of this machine. Raises OSError."""
        there = self.read()
        if there and there["token"] != self.token:
            self.lost = holder(there)
        return not self.lost

    def run(self) -> None:
        while not self.stop.wait(BEAT) and not self.lost:
            with contextlib.suppress(OSError, ValueError):  # the next beat tries again
                if self.held():
                    self.beat()

    def refuse_if_lost(self) -> None:
        if self.lost:
            raise Refused(
                f"{self.lost} publishes as model {self.model} in files={self.address}; expected one process a model: "
                "give this one another model, or stop that one"
            )

    def close(self) -> None:
        """Free the place."""
        self.stop.set()
        self.thread.join()
        with contextlib.suppress(OSError, ValueError):  # it then ends after LEASE seconds
            if self.held():
                self.store.remove(self.name)


def holder(there: dict) -> str:
    return f"process {there['pid']} of {there['host']}"


def gone(there: dict) -> bool:
    """True if the holder ran on this machine and has ended."""
    return there["machine"] == this_machine() != "" and not Path(f"/proc/{there['pid']}").exists()


def this_machine() -> str:
    """Equal in processes that see each other in /proc; "" without /proc.

    The id of a boot tells machines apart, the namespace containers of one machine.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return ""
