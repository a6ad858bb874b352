"""Publishing and reading checkpoints: their share of a run's wall time, and how long an update waits for them.

Two groups train a ResNet-8 on a core each, period 50, through a folder of this machine.
"""

import itertools
import multiprocessing
import statistics
import tempfile
import time
from pathlib import Path

import torch
from hydra import initialize_config_dir

from launch import jobs
from launch.compose import SWEEPS

PERIOD = 50
LARGE, TENSORS = 25_600_000, 160  # a ResNet-50
TURNS = 11
RUN = ("sweep=regularization", "arm=codist_fixed", "seed=1", "exchange.kind=files", f"exchange.period={PERIOD}",
       "sampling=independent", "place.shipped=null")  # fmt: skip


def run(line) -> None:
    with tempfile.TemporaryDirectory(prefix="files-") as folder:
        with initialize_config_dir(str(SWEEPS), version_base="1.3"):
            parts = jobs.single([*RUN, f"place.runs={folder}"]).parts
        with multiprocessing.get_context("spawn").Pool(len(parts)) as processes:
            groups = processes.map(measured, parts, chunksize=1)
    for name in ("waited", "threads"):
        shares = [sum(group[name]) / group["seconds"] for group in groups]
        what = {"waited": "seconds that updates waited", "threads": "CPU seconds of the threads"}[
            name
        ]
        line(f"publishing and reading at period {PERIOD}: {what}, over wall time", max(shares))
    share = max(sum(group["waited"] + group["threads"]) / group["seconds"] for group in groups)
    line("both, over wall time", share, at_most=0.02)
    both = [
        (statistics.median(group["published"]), statistics.median(group["copied"]))
        for group in groups
    ]
    what = "handing 78,000 weights over, median"
    line(f"{what}, over a copy of them in its place", max(p / c for p, c in both), at_most=1.1)
    line(f"handing {LARGE:,} weights over, over a copy of them in its place", large(), at_most=1.1)


def measured(part) -> dict:
    """Train one group.

    seconds    of the run, wall time
    waited     of each update that published and heard; of the last publishing, too
    threads    CPU seconds of the thread that writes and of the one that reads
    published  seconds of each second call that handed weights over
    copied     seconds of a plain copy of the weights into one vector, before each other call
    """
    from codist.exchange.files import Files
    from codist.listener import Listener
    from codist.publisher import Publisher
    from launch.work import work

    found: dict = {"waited": [], "threads": [], "published": [], "copied": []}
    in_turn(Files, found["published"], found["copied"])
    timed(Files, "publish", found["waited"], time.perf_counter)
    timed(Files, "hear", found["waited"], time.perf_counter)
    for thread in (Publisher, Listener):
        timed(thread, "run", found["threads"], time.thread_time)
    began = time.perf_counter()
    work(part)
    return found | {"seconds": time.perf_counter() - began}


def large() -> float:
    """Handing LARGE weights over, over a copy of them, each the median of TURNS, in turn."""
    from codist.codecs import Full
    from codist.published import Form
    from codist.publisher import Publisher
    from codist.store import Folder

    own = [torch.randn(LARGE // TENSORS) for _ in range(TENSORS)]
    seconds: dict[str, list[float]] = {"copied": [], "published": []}
    with tempfile.TemporaryDirectory(prefix="files-") as folder:
        publisher = Publisher(Folder(Path(folder)), None, Form("bench", Full()), 0, print)
        for turn in range(TURNS):
            # the second of a turn gets memory that the first gave back
            for into in list(seconds.values())[:: -1 if turn % 2 else 1]:
                began = time.perf_counter()
                if into is seconds["published"]:
                    publisher.publish(turn, own)
                else:
                    torch.cat([one.flatten() for one in own])
                into.append(time.perf_counter() - began)
            while publisher.thread.is_alive() and not list(Path(folder).glob(f"0/{turn:012d}-*")):
                time.sleep(0.05)  # until it is written, and memory idle again
        publisher.close()
    return statistics.median(seconds["published"]) / statistics.median(seconds["copied"])


def in_turn(owner: type, published: list[float], copied: list[float]) -> None:
    """Time owner.publish at each second call, and at the others a copy just before it.

    After an update the caches hold other data than in a loop of copies, so both are timed there.
    """
    real, calls = owner.publish, itertools.count()

    def noting(self, k):
        began = time.perf_counter()
        if next(calls) % 2:
            with torch.no_grad():
                torch.cat([one.flatten() for one in self.own])
            copied.append(time.perf_counter() - began)
            real(self, k)
        else:
            real(self, k)
            published.append(time.perf_counter() - began)

    owner.publish = noting


def timed(owner: type, name: str, into: list[float], clock) -> None:
    """Have the seconds of each call of owner.name noted."""
    real = getattr(owner, name)

    def noting(*given):
        began = clock()
        try:
            return real(*given)
        finally:
            into.append(clock() - began)

    setattr(owner, name, noting)
