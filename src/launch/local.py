"""Train on this machine: one run in this process, or as many at a time as there are cores."""

import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import wait
from typing import Any, NoReturn

from codist.errors import Busy, Damaged, Refused, Stopped
from codist.unpacked import name_of
from launch.cost import effort
from launch.jobs import Job
from launch.outcome import finished, missing_starts, print_replaced, refuse_place_of_shipped
from launch.prerequisites import bring_data, refuse_unwritable, refuse_without_device
from launch.progress import Progress
from launch.stop import Stop

ENDS = {
    Stopped: "stopped",
    Busy: "is being trained by another process, which the sweep waits for at the end",
}
PATIENCE = 20  # seconds for a run to save a checkpoint and stop before it is killed


class Processes:
    """The launcher of runs in processes of this machine (sweep.Launcher)."""

    on_this_machine = True

    def train(self, jobs: list[Job]) -> list[dict | Exception]:
        return train(jobs)


def here(job: Job) -> dict:
    """Train the job's run in this process, unless it is done. Returns the content of done.json.

    Ctrl-C or SIGTERM saves a checkpoint and stops.
    """
    if (facts := finished(job)) is not None:
        where = job.folder if job.folder.exists() or not job.shipped else name_of(job.shipped)
        print(f"{job.name} is done: {facts['outcome']} at update {facts['update']} ({where})")
        return facts
    refuse_place_of_shipped(job)
    for first in missing_starts([job]):
        raise Refused(f"{job.name} starts from {first.name}, which has no finished run with its state in "
                      f"{first.folder}; the same command with -m before sweep= trains it first")  # fmt: skip
    refuse_without_device([job])
    # with several ranks, rank 0 refuses for all of them
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        refuse_unwritable([job])
    bring_data([job])
    from launch.work import work  # imports torch, so only when there is a run to train

    if int(os.environ.get("WORLD_SIZE", 1)) > 1:  # started by torchrun
        rank_of(job, Stop(signal.SIGINT, signal.SIGTERM))

    with Progress([job]) as show:
        show.began(job)
        try:
            facts = work(
                job, lambda update: show.at(job, update), Stop(signal.SIGINT, signal.SIGTERM)
            )
        except Stopped as stopped:
            show.ended(job, "stopped")
            print(stopped, file=sys.stderr)
            sys.exit(130)
        except Damaged as error:
            show.ended(job, "failed")
            sys.exit(f"failed: {job.name}: {error} ({job.folder})")
        show.ended(job, facts["outcome"])
    print(f"{job.name}: {facts['outcome']} at update {facts['update']} ({job.folder})")
    print_replaced(job)
    return facts


def rank_of(job: Job, stopping) -> NoReturn:
    """Run one of the job's ranks in this process and exit; rank 0 shows the progress."""
    from launch.attempt import leave

    if os.environ["RANK"] != "0":
        leave(job, lambda update: None, stopping, None, stopped=130)
    with Progress([job]) as show:
        show.began(job)
        leave(job, lambda update: show.at(job, update), stopping, None, stopped=130)


def train(jobs: list[Job]) -> list[dict | Exception]:
    """Train runs on this machine. Returns for each the content of its done.json, or its error.

    The longest runs start first. A failed run does not stop the others.
    """
    place, threads = jobs[0].run.place, jobs[0].run.threads
    at_a_time = place.jobs or max(1, len(os.sched_getaffinity(0)) // threads)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    # the server imports torch once; each run is forked from it
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["launch.work", "launch.local"])

    # longest first keeps all cores busy until near the end of the sweep
    waiting = sorted(abreast(jobs), key=lambda unit: sum(map(effort, unit)), reverse=True)
    running: dict = {}
    ends: dict[Job, dict | Exception] = {}
    with Progress(jobs) as show:
        try:
            while waiting or running:
                while waiting and (
                    not running or len(running) + len(waiting[0]) <= max(at_a_time, 1)
                ):
                    for job in waiting.pop(0):
                        start(job, processes, running, show)
                listen(running, ends, show)
        except KeyboardInterrupt:
            stop(running, ends, show)
    ends |= {job: Stopped("not started") for unit in waiting for job in unit}
    return [ends[job] for job in jobs]


def abreast(jobs: list[Job]) -> list[list[Job]]:
    """`jobs`, with those of one run together: models that are trained apart begin at the same time."""
    units: dict = {}
    for job in jobs:
        units.setdefault(job.folder if job.group is None else job.folder.parent, []).append(job)
    return list(units.values())


def start(job, processes, running, show) -> None:
    ours, theirs = processes.Pipe(duplex=False)
    process = processes.Process(target=in_a_process, args=(job, theirs), name=job.name)
    process.start()
    theirs.close()
    running[ours] = (job, process)
    show.began(job)


def in_a_process(job, pipe) -> None:
    # here: the sweep's own process never imports torch
    from launch import failing
    from launch.work import work, worker

    worker(job, pipe, failing.train if job.run.place.failures.update else work)


def listen(running, ends, show) -> None:
    """Receive reports of runs for half a second; remove runs that ended from `running`."""
    pipe: Any
    for pipe in wait(list(running), timeout=0.5):
        job, process = running[pipe]
        try:
            kind, what = pipe.recv()
        except EOFError:  # the process was killed before it could report
            process.join()
            code, kind = process.exitcode, "raised"
            if code == -signal.SIGTERM:  # it came before the process could heed it
                what = Stopped("stopped as it started; the same command starts it again")
            else:
                what = RuntimeError(f"its process ended with exit code {code}")
        if kind == "at":
            show.at(job, what)
            continue
        process.join()
        ends[job] = what
        del running[pipe]
        pipe.close()
        show.ended(job, what["outcome"] if kind == "ended" else ENDS.get(type(what), "failed"))
    show.tick()


def stop(running, ends, show) -> None:
    """Ask every run to save and stop; kill those that do not within PATIENCE seconds."""
    for _, process in running.values():
        process.terminate()
    patient = time.monotonic() + PATIENCE
    while running and time.monotonic() < patient:
        listen(running, ends, show)
    for job, process in running.values():
        process.kill()
        ends[job] = Stopped(
            f"did not stop in {PATIENCE} s and was killed; it resumes from its last checkpoint"
        )
