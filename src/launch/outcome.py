"""The outcome of a run, in its folder or the shipped results, and the runs it starts from."""

import os
import time
from pathlib import Path

from codist import run_folder, run_identity, runlog
from codist.config import Place
from codist.rows import complete
from codist.unpacked import name_of
from launch.jobs import Job
from workloads.checkout import CHECKOUT


def finished(job: Job) -> dict | None:
    """Returns the content of the run's done.json, in its folder or the shipped results.

    None if the run has to be trained, or if its log lacks a row, which resuming restores. Raises
    Refused if another config made its folder. Shipped results of another config are ignored.
    """
    config, defaults = job.run.to_dict(), job.run.defaults()
    if run_folder.config(job.folder) is not None:
        run_folder.refuse_other(job.folder, config, defaults)
        ended = run_folder.done(job.folder)
        updates = [end for end in job.run.ends if ended and end <= ended["update"]]
        return ended if ended and complete(job.folder, job.run.models, updates) else None
    shipped = run_folder.config(job.shipped) if job.shipped else None
    if job.shipped and shipped and not run_identity.difference(shipped, config, defaults):
        return run_folder.done(job.shipped)
    return None


def refuse_place_of_shipped(job: Job) -> None:
    """Raises Refused if runs/ would get a run whose shipped results have another config.

    A folder of runs/ takes precedence over the shipped results, so the two must not differ.
    """
    if job.shipped and os.path.abspath(job.here.runs) == str(CHECKOUT / Place.runs):
        name, config = name_of(job.shipped), job.run.to_dict()
        run_folder.refuse_other(job.shipped, config, job.run.defaults(), name)


def made_elsewhere(job: Job) -> bool:
    """Wait for the process that is training the job's run; True if it finished the run."""
    print(
        f"{job.name} is being trained by another process: waiting for it ({job.folder})", flush=True
    )
    while runlog.busy(job.folder):
        time.sleep(0.5)
    return finished(job) is not None


def missing_starts(todo: list[Job]) -> list[Job]:
    """Returns the runs that runs of `todo` start from and whose final checkpoint is missing here.

    Shipped results have no checkpoints. Raises Refused if another config made such a run's folder.
    """
    needed: dict[Path, Job] = {}
    for one in (start for job in todo for start in job.starts):
        run_folder.refuse_other(one.folder, one.run.to_dict(), one.run.defaults())
        if not run_folder.ended_here(one.folder):
            needed.setdefault(one.folder, one)
    return list(needed.values())


def waves(todo: list[Job]) -> list[list[Job]]:
    """Returns `todo` as waves of runs: those of a wave start from runs of earlier waves, or of none.

    The earlier waves are the missing starts, which `todo` need not contain. Raises Refused as
    missing_starts.
    """
    found = [todo]
    while first := missing_starts(found[0]):
        found.insert(0, first)
    there: set[Path] = set()
    for nth, wave in enumerate(found):
        found[nth] = [job for job in wave if job.folder not in there]
        there |= {job.folder for job in wave}
    return [wave for wave in found if wave]


def print_replaced(job: Job) -> None:
    """Print how many corrupt examples of a run were replaced, if any."""
    times = sum(
        row.get("replaced", 0) for i in job.run.models for row in runlog.rows(job.folder, i)
    )
    if times:
        check = f"{job.run.workload.checked_by} {job.here.data}"
        print(
            f"replaced: {job.name} used another example {times} times instead of a corrupt one; "
            f"its log has each epoch's count ({job.folder}), {check} lists them"
        )
