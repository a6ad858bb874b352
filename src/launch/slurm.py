"""Submit runs to Slurm by submitit, one job per run, unless a job is queued or running for it."""

import contextlib
import fcntl
from itertools import groupby
from pathlib import Path

from codist.errors import Refused
from launch import slurm_queue
from launch.batch_script import parameters, settled
from launch.follow import follow
from launch.jobs import Job
from launch.nodes import Settings, memory_warning, shape
from launch.slurm_files import note_submitted, submitted


def train(jobs: list[Job], settings: Settings) -> list[dict | Exception] | None:
    """Submit runs and follow them to their end; returns None if settings.wait is false."""
    settings = settled(settings, jobs[0])
    if warning := memory_warning([job.run for job in jobs], settings):
        print(warning, flush=True)
    ids = submit(jobs, settings)
    logs = Path(settings.submitit_folder).parent
    print(f"{len(ids)} jobs with Slurm: {', '.join(sorted(ids.values()))[:200]}; logs in {logs}")
    return follow(ids) if settings.wait else None


def submit(jobs: list[Job], settings: Settings) -> dict[Job, str]:
    """Submit runs without a queued or running job. Returns the Slurm job of each run.

    Raises Refused.
    """
    runs = Path(jobs[0].here.runs)
    (runs / "slurm").mkdir(parents=True, exist_ok=True)
    with open(runs / "slurm" / "lock", "a") as lock:
        # of two simultaneous commands the second finds the jobs of the first
        fcntl.flock(lock, fcntl.LOCK_EX)
        there = {job: known["job"] for job in jobs if (known := submitted(job))}
        states = slurm_queue.states(there.values())
        active = {number for number, state in states.items() if not slurm_queue.over(state)}
        ids = {job: number for job, number in there.items() if number in active}
        fresh = sorted(
            (job for job in jobs if job not in ids), key=lambda job: shape(job.run, settings)
        )
        for _, alike in groupby(fresh, key=lambda job: shape(job.run, settings)):
            ids |= submit_alike(list(alike), settings)
    return ids


def submit_alike(jobs: list[Job], settings: Settings) -> dict[Job, str]:
    """Submit one job array of runs with the same resources. Returns {run: number of its job}."""
    import submitit  # here, since it takes 0.2 s

    from launch.attempt import attempt

    try:
        executor = submitit.AutoExecutor(settings.submitit_folder, cluster="slurm")
        executor.update_parameters(**parameters(jobs[0].run, settings))
        with contextlib.redirect_stdout(None):
            made = (
                executor.map_array(attempt, jobs)
                if len(jobs) > 1
                else [executor.submit(attempt, jobs[0])]
            )
    except (submitit.core.utils.FailedJobError, RuntimeError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise Refused(f"Slurm rejected the jobs: {lines[-1] if lines else error}") from None
    ids = {job: one.job_id for job, one in zip(jobs, made, strict=True)}
    for job, number in ids.items():
        note_submitted(
            job, number, str(Path(settings.submitit_folder.replace("%j", number)).absolute())
        )
    return ids
