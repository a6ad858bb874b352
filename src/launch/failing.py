"""Train a run in ranks that are killed at random and started again, as on machines that fail (place.failures)."""

import json
import multiprocessing
import os
import socket
import time
from functools import partial
from multiprocessing.connection import wait

from codist import run_folder
from codist.disk import write_atomically
from launch.work import work, worker

PAST = "failures.json"  # in the run folder: `failures` and `elapsed` until now


def train(job, report=lambda update: None, stopping=lambda: False) -> dict:
    """Train the job's run to its end, in a process for each device batch of each of its models.

    The loss of one rank ends all ranks of the job, as under torchrun and Slurm. Returns the content
    of done.json, with `failures`, and with `elapsed`, the seconds from the first update to the last.
    A restart counts as place.failures.restart, even if a busy machine starts Python slowly.
    Raises what a rank raised, unless it was killed.
    """
    run, ranks = job.run, len(job.run.models) * job.run.devices
    plan, not_before, ended = run.place.failures, 0.0, None
    job.folder.mkdir(parents=True, exist_ok=True)
    past = run_folder.read(job.folder / PAST, json.loads) or {"failures": 0, "elapsed": 0.0}
    while ended is None:
        nth = past["failures"]
        life = min(plan.lifetime(run.seed, run.models.start + r, nth) for r in range(ranks))
        attempt = Attempt(job, ranks, not_before, past)
        try:
            ended = attempt.watch(life, report, stopping)
            if ended is None:
                past = {"failures": nth + 1, "elapsed": past["elapsed"] + plan.restart}
        finally:
            attempt.kill()
            past["elapsed"] += attempt.lived
            write_atomically(job.folder / PAST, json.dumps(past))
        not_before = time.monotonic() + plan.restart
    return ended


class Attempt:
    """All ranks of a job, from a start to their end or to the failure of one of them.

    not_before: the earliest time of the first update; past: what done.json then adds to
    """

    def __init__(self, job, ranks: int, not_before: float, past: dict):
        processes = multiprocessing.get_context("fork")  # torch is imported, and has no threads yet
        self.ranks, port = {}, free_port()
        # not by a signal, which a rank that was just forked would lose
        self.trained, self.stop = processes.Event(), processes.Event()
        self.began, self.of_update = 0.0, job.run.place.failures.update
        events = {"trained": self.trained, "stop": self.stop}
        by = partial(paced, not_before=not_before, past=past, **events)
        for rank in range(ranks):
            ours, theirs = processes.Pipe(duplex=False)
            place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": ranks,
                     "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}  # fmt: skip
            process = processes.Process(target=rank_of, args=(job, theirs, place, by))
            process.start()
            theirs.close()
            self.ranks[ours] = process

    @property
    def lived(self) -> float:
        """Seconds since the first update began."""
        return time.monotonic() - self.began if self.began else 0.0

    def watch(self, life: float, report, stopping) -> dict | None:
        """Wait for all ranks: the content of done.json; None after `life` seconds, if updates are left then."""
        running, facts = list(self.ranks), None
        while running:
            if self.lived >= life and not self.trained.is_set():
                return None
            if stopping():
                self.stop.set()
            told = wait(running, timeout=0.05)
            for pipe in [one for one in running if one in told]:
                try:
                    kind, what = pipe.recv()
                except EOFError:
                    self.ranks[pipe].join()
                    code = self.ranks[pipe].exitcode
                    raise RuntimeError(f"a rank ended with exit code {code}") from None
                if kind == "raised":
                    raise what
                if kind == "at":
                    self.began = self.began or time.monotonic() - self.of_update
                    report(what)
                else:
                    facts = what
                    running.remove(pipe)
        return facts

    def kill(self) -> None:
        for process in self.ranks.values():
            process.kill()
        for pipe, process in self.ranks.items():
            process.join()
            pipe.close()


def rank_of(job, pipe, place: dict, by) -> None:
    """Train as one rank in this process, a fork of that of its job."""
    os.environ |= {name: str(value) for name, value in place.items()}
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # where gloo prints lines at each start
    worker(job, pipe, by)


def paced(job, report, stopping, *, not_before: float, past: dict, trained, stop) -> dict:
    """Train as one rank whose updates take place.failures.update: it sleeps until the next is due.

    trained: an event that it sets after the last update; stop: one that asks it to stop
    """
    plan, first, began, reached = job.run.place.failures, 0, 0.0, 0.0

    def report_in_time(update: int) -> None:
        nonlocal first, began, reached
        if not began:  # the first update from here, which has taken what it may
            time.sleep(max(0.0, not_before - time.monotonic()))
            first, began = update - 1, time.monotonic() - plan.update
        time.sleep(max(0.0, began + (update - first) * plan.update - time.monotonic()))
        reached = time.monotonic()
        if update == job.run.updates:
            trained.set()
        report(update)

    def also() -> dict:
        return past | {"elapsed": round(past["elapsed"] + reached - began, 3)}

    return work(job, report_in_time, lambda: stopping() or stop.is_set(), also)


def free_port() -> int:
    """Returns a port of this machine that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
