"""How a run ended, in its folder or among the shipped results, and what has to be trained before it."""

import os
import time
from pathlib import Path

from codist import run_identity, runlog
from codist.config import Place
from codist.rows import complete
from launch.jobs import Job
from launch.jobs import job as job_of
from launch.places import CHECKOUT


def finished(job: Job) -> dict | None:
    """How the job's run ended, in its folder or among the results that ship; None while it has to be run, also where
    its log lacks a row: the run then resumes, which restores it.

    Raises Refused where another config made its folder. Shipped results of another config are
    passed over.
    """
    config, defaults = job.run.to_dict(), job.run.defaults()
    if runlog.config(job.folder) is not None:
        runlog.refuse_other(job.folder, config, defaults)
        ended = runlog.done(job.folder)
        updates = [end for end in job.run.ends if ended and end <= ended["update"]]
        return ended if ended and complete(job.folder, job.run.n, updates) else None
    shipped = runlog.config(job.shipped) if job.shipped else None
    if job.shipped and shipped and not run_identity.difference(shipped, config, defaults):
        return runlog.done(job.shipped)
    return None


def refuse_place_of_shipped(job: Job) -> None:
    """Raises Refused where a run that is to be made would stand in runs/ for results of another config that ship."""
    if job.shipped and os.path.abspath(job.here.runs) == str(CHECKOUT / Place.runs):
        runlog.refuse_other(job.shipped, job.run.to_dict(), job.run.defaults())


def made_elsewhere(job: Job) -> bool:
    """Wait for the process that is making the job's run; did it come to an end?"""
    print(f"{job.name} is being made by another process: waiting for it ({job.folder})", flush=True)
    while runlog.busy(job.folder):
        time.sleep(0.5)
    return finished(job) is not None


def begun_from(todo: list[Job]) -> list[Job]:
    """The runs that others of `todo` begin from and that are not here with their state, shipped or not.

    Raises Refused where another config made what is here.
    """
    needed: dict[Path, Job] = {}
    for job in todo:
        if job.run.begin_from:
            overrides = [
                f"arm={job.run.begin_from}" if o.startswith("arm=") else o for o in job.overrides
            ]
            one = job_of(tuple(overrides))
            runlog.refuse_other(one.folder, one.run.to_dict(), one.run.defaults())
            if not runlog.ended_here(one.folder):
                needed.setdefault(one.folder, one)
    return list(needed.values())


def tell_replaced(job: Job) -> None:
    """Say how often a run was shown another example for one that it could not read, where that is allowed."""
    times = sum(
        row.get("replaced", 0) for i in range(job.run.n) for row in runlog.rows(job.folder, i)
    )
    if times:
        check = f"{job.run.workload.checked_by} {job.here.data}"
        print(f"replaced: {job.name} was shown another example {times} times, for one that cannot be read; its log has "
              f"each epoch's count ({job.folder}), {check} names them")  # fmt: skip
