"""Publishing and reading checkpoints: their share of a run's wall time, and how long an update waits for them.

Two groups train a ResNet-8 on a core each, period 50, through a folder of this machine.
"""

import multiprocessing
import statistics
import tempfile
import time
from functools import partial

import torch
from hydra import initialize_config_dir

from launch import jobs
from launch.compose import SWEEPS

PERIOD = 50
RUN = ("sweep=regularization", "arm=codist_fixed", "seed=1", "exchange.kind=files", f"exchange.period={PERIOD}",
       "sampling=independent", "place.shipped=null")  # fmt: skip
COPIES = 200  # of the weights, timed


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
    both = max(sum(group["waited"] + group["threads"]) / group["seconds"] for group in groups)
    line("both, over wall time", both, at_most=0.02)
    published = [statistics.median(group["published"]) / group["copy"] for group in groups]
    line("handing the weights over, median, over a copy of the weights", max(published))


def measured(part) -> dict:
    """Train one group.

    seconds    of the run, wall time
    waited     of each update that published and heard; of the last publishing, too
    threads    CPU seconds of the thread that writes and of the one that reads
    published  seconds of each call that handed weights over
    copy       seconds of a plain copy of the weights into one vector, median
    """
    from codist.exchange.files import Files
    from codist.listener import Listener
    from codist.publisher import Publisher
    from launch.work import work

    found: dict = {"waited": [], "threads": [], "published": []}
    timed(Files, "publish", found["published"], time.perf_counter)
    timed(Files, "publish", found["waited"], time.perf_counter)
    timed(Files, "hear", found["waited"], time.perf_counter)
    for thread in (Publisher, Listener):
        timed(thread, "run", found["threads"], time.thread_time)
    began = time.perf_counter()
    work(part)
    found["seconds"] = time.perf_counter() - began
    weights = [torch.zeros(one.shape) for one in network_of(part).parameters()]
    copies: list[float] = []
    copy = partial(torch.cat, [one.flatten() for one in weights])
    for _ in range(COPIES):
        began = time.perf_counter()
        copy()
        copies.append(time.perf_counter() - began)
    return found | {"copy": statistics.median(copies)}


def network_of(part) -> torch.nn.Module:
    import workloads

    return workloads.open(part.run.workload, part.run.place.data).network(0)


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
