"""Disturb groups from outside: clocks that are off, stops, and second groups under names in use."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

from bench import killed_group
from codist import run_folder

STOPPED = 1.0  # seconds of SIGSTOP, at most
FARTHEST = 48  # hours by which a clock is off, at most
PATIENCE = 120.0  # seconds within which a second group must start and be refused


def draw_skew(draw: random.Random, happened: Counter) -> float:
    """Seconds by which the clock of a group that starts now is ahead, or behind if negative."""
    hours = draw.choice((-1, 0, 1)) * draw.uniform(1, FARTHEST)
    if hours:
        happened[f"clock hours {'ahead' if hours > 0 else 'behind'}"] += 1
    return 3600 * hours


def stop_one(running: list, draw: random.Random, happened: Counter) -> None:
    """Stop a group for a while; its peers go on."""
    if not (alive := [process for process in running if process.is_alive()]):
        return
    with stopped(draw.choice(alive)) as is_stopped:
        time.sleep(STOPPED * draw.random())
    happened["SIGSTOP for a while"] += is_stopped


def start_second(begun: dict, processes, draw: random.Random, happened: Counter) -> None:
    """Start a second group under the name of one that trains. begun: {group: its process}.

    One from the same folder finds its first stopped, since a first that dies meanwhile would leave
    the folder to the second. One from another folder, as on another machine, has the name in the
    store only. Raises RuntimeError if it is not refused.
    """
    if not begun:
        return
    part, first = draw.choice(list(begun.items()))
    if draw.random() < 0.5:
        elsewhere = Path(part.run.place.runs) / "elsewhere" / part.folder.name
        refuse(replace(part, folder=elsewhere), draw_skew(draw, happened), processes)
        happened["second group of a name in use, from another folder"] += 1
        return
    with stopped(first) as is_stopped:
        if is_stopped and not run_folder.done(part.folder):
            refuse(part, draw_skew(draw, happened), processes)
            happened["second group of a name in use, from the same folder"] += 1


def refuse(part, skew: float, processes) -> None:
    """Start a second process for `part`. Raises RuntimeError if it is not refused."""
    second = processes.Process(target=killed_group.train_as_second, args=(part, skew))
    second.start()
    second.join(PATIENCE)
    if second.exitcode != killed_group.REFUSED:
        second.kill()
        raise RuntimeError(
            f"a second {part.name} in {part.folder}: expected exit code {killed_group.REFUSED}, got {second.exitcode}"
        )


@contextlib.contextmanager
def stopped(process):
    """Stop a process meanwhile; yields false if it ended before."""
    try:
        is_stopped = False
        with contextlib.suppress(OSError):  # it may end by itself just now
            os.kill(process.pid, signal.SIGSTOP)
            while (state := state_of(process.pid)) not in "TZX":
                time.sleep(0.01)
            is_stopped = state == "T"
        yield is_stopped
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)


def state_of(pid: int) -> str:
    """The kernel's letter for a process: T if stopped, Z or X if ended. Raises OSError if it is gone."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
