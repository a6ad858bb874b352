"""A sweep: all its runs but those that are done, through whichever launcher was chosen."""

import os
import sys
import time

from hydra._internal.core_plugins.basic_launcher import BasicLauncher
from hydra.core.utils import JobReturn, JobStatus

from codist import runlog
from codist.config import Place
from codist.errors import Busy, Refused, Stopped
from codist.rows import complete
from launch.jobs import Job
from launch.jobs import job as job_of
from launch.jobs import jobs as asked_for
from launch.places import CHECKOUT
from launch.prerequisites import bring_data, refuse_unwritable, refuse_without_device
from launch.progress import duration


def finished(job: Job) -> dict | None:
    """How the job's run ended, in its folder or among the results that ship; None while it has to be run, also where
    its log lacks a row: the run then resumes, which restores it.

    Raises Refused where another config made its folder. Shipped results of another config are passed over.
    """
    config, defaults = job.run.to_dict(), job.run.defaults()
    if runlog.config(job.folder) is not None:
        runlog.refuse_other(job.folder, config, defaults)
        ended = runlog.done(job.folder)
        updates = [end for end in job.run.ends if ended and end <= ended["update"]]
        return ended if ended and complete(job.folder, job.run.n, updates) else None
    shipped = job.shipped and runlog.config(job.shipped)
    if shipped and not runlog.difference(shipped, config, defaults):
        return runlog.done(job.shipped)
    return None


def refuse_place_of_shipped(job: Job) -> None:
    """Raises Refused where a run that is to be made would stand in runs/ for results of another config that ship."""
    if job.shipped and os.path.abspath(job.here.runs) == str(CHECKOUT / Place.runs):
        runlog.refuse_other(job.shipped, job.run.to_dict(), job.run.defaults())


def returned(job: Job, end) -> JobReturn:
    """What a launcher gives Hydra of a run: `end` is what done.json holds, or the error."""
    status = JobStatus.COMPLETED if isinstance(end, dict) else JobStatus.FAILED
    return JobReturn(overrides=job.overrides, working_dir=str(job.folder), status=status, _return_value=end)


def made_elsewhere(job: Job) -> bool:
    """Wait for the process that is making the job's run; did it come to an end?"""
    print(f"{job.name} is being made by another process: waiting for it ({job.folder})", flush=True)
    while runlog.busy(job.folder):
        time.sleep(0.5)
    return finished(job) is not None


def run(arguments: list[str], launcher) -> None:
    """Exits with 1 where a run failed, naming it, and with 130 where Ctrl-C stopped the sweep."""
    if (ranks := int(os.environ.get("WORLD_SIZE", os.environ.get("SLURM_STEP_NUM_TASKS", 1)))) > 1:
        raise Refused(
            f"start a sweep once, not in each of {ranks} ranks; one run may be started in all of them, without -m"
        )
    carry_out(asked_for(arguments), launcher, arguments)


def carry_out(jobs: list[Job], launcher, arguments: list[str]) -> None:
    """Those of `jobs`, which `arguments` ask for, that are not done. Exits as `run` does."""
    todo = [job for job in jobs if finished(job) is None]
    for job in todo:
        refuse_place_of_shipped(job)
    first = begun_from(todo)
    then = [job for job in todo if job.folder not in {one.folder for one in first}]
    if on_this_machine(launcher):
        refuse_without_device(first + then)
    refuse_unwritable(first + then)
    bring_data(first + then)
    print(f"{len(jobs)} runs, {len(jobs) - len(todo)} done, {len(todo)} to run", flush=True)
    began = time.monotonic()
    if first:
        print(f"first, since others begin from what they learn: {', '.join(job.name for job in first)}", flush=True)
        launch(first, launcher, arguments)
    if then:
        launch(then, launcher, arguments)
    if todo:
        places = dict.fromkeys(f"{job.here.runs}/{job.run.scale}" for job in todo)
        print(f"done in {duration(time.monotonic() - began)}; logs in {', '.join(places)}")


def on_this_machine(launcher) -> bool:
    """Do its runs use the devices of this machine? Ours say so; of Hydra's own it is known of `basic`.

    Compared by name: Hydra loads its plugins itself, and its class may be another object than the imported one.
    """
    return getattr(launcher, "on_this_machine", type(launcher).__qualname__ == BasicLauncher.__qualname__)


def begun_from(todo: list[Job]) -> list[Job]:
    """The runs that others of `todo` begin from and that are not here with their state, shipped or not.

    Raises Refused where another config made what is here.
    """
    needed = {}
    for job in todo:
        if job.run.begin_from:
            overrides = [f"arm={job.run.begin_from}" if o.startswith("arm=") else o for o in job.overrides]
            one = job_of(tuple(overrides))
            runlog.refuse_other(one.folder, one.run.to_dict(), one.run.defaults())
            if not runlog.ended_here(one.folder):
                needed.setdefault(one.folder, one)
    return list(needed.values())


def launch(todo: list[Job], launcher, arguments: list[str]) -> None:
    """Exits as `run` says where not all of `todo` was done; with 0 where the launcher does not wait."""
    failed, stopped = [], []
    all_ended = launcher.launch([list(job.overrides) for job in todo], 0)
    if all_ended is None:
        print(f"how they stand: python src/run.py status {' '.join(arguments)}; to wait: the same command again")
        sys.exit(0)
    for job, ended in zip(todo, all_ended, strict=True):
        error = None if ended.status.name == "COMPLETED" else ended._return_value
        if isinstance(error, Busy) and made_elsewhere(job):
            error = None
        if isinstance(error, Stopped):
            stopped.append(job)
        elif error is not None:
            failed.append(job)
            print(f"failed: {job.name}: {error} ({job.folder})", file=sys.stderr)
    for job in todo:
        if (facts := finished(job)) and facts["outcome"] == "diverged":
            print(f"diverged: {job.name} at update {facts['update']}; its log is kept and shown ({job.folder})")
        tell_replaced(job)
    if stopped:
        print(f"stopped: {len(stopped)} runs are not done; the same command goes on from there", file=sys.stderr)
    if failed:
        print(f"{len(failed)} of {len(todo)} runs failed; the same command tries them again", file=sys.stderr)
        sys.exit(1)
    if stopped:
        sys.exit(130)


def tell_replaced(job: Job) -> None:
    """Say how often a run was shown another example for one that it could not read, where that is allowed."""
    times = sum(row.get("replaced", 0) for i in range(job.run.n) for row in runlog.rows(job.folder, i))
    if times:
        check = f"{job.run.workload.checked_by} {job.here.data}"
        print(f"replaced: {job.name} was shown another example {times} times, for one that cannot be read; its log has "
              f"each epoch's count ({job.folder}), {check} names them")  # fmt: skip
