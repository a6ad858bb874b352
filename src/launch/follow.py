"""Wait for runs that were submitted to Slurm and show their progress until each has ended."""

import time
from pathlib import Path

from codist.errors import Stopped
from launch import slurm_queue
from launch.jobs import Job
from launch.outcome import finished
from launch.progress import Progress
from launch.slurm_files import error_message, log_of, progress, submitted

# seconds after which an ended job counts as failed: before, Slurm may still queue it again
SETTLED = 30.0
ASKED = 2.0  # seconds between two queries of Slurm


def follow(ids: dict[Job, str]) -> list[dict | Exception]:
    """Wait for Slurm jobs. Returns for each run its done.json content, or its error.

    ids: {run: number of its Slurm job}. Ctrl-C stops waiting; the jobs continue.
    """
    ends: dict[Job, dict | Exception] = {}
    over_since: dict[Job, float] = {}
    running: set[Job] = set()
    folders = {job: Path((submitted(job) or {})["folder"]) for job in ids}
    with Progress(list(ids)) as show:
        try:
            while len(ends) < len(ids):
                states = slurm_queue.states(
                    number for job, number in ids.items() if job not in ends
                )
                for job, number in ids.items():
                    if job in ends:
                        continue
                    state, folder = states.get(number, "unknown to Slurm"), folders[job]
                    if state == "RUNNING" and job not in running:
                        running.add(job)
                        show.began(job)
                    if state == "PENDING" and job in running:
                        running.remove(job)
                        show.ended(
                            job, f"queued again ({error_message(folder, 'lost') or 'by Slurm'})"
                        )
                    if job in running and (at := progress(folder)):
                        show.at(job, at["update"])
                    gone = slurm_queue.over(state) or state == "unknown to Slurm"
                    over_since[job] = (
                        over_since.get(job, time.monotonic()) if gone else time.monotonic()
                    )
                    # checked first: a rank may fail after done.json is written
                    if gone and (cause := error_message(folder)):
                        ends[job] = RuntimeError(f"{cause} (log {log_of(folder)})")
                    elif gone and (facts := finished(job)):
                        ends[job] = facts
                    elif time.monotonic() - over_since[job] > SETTLED:
                        ends[job] = RuntimeError(f"job {number} is {state} (log {log_of(folder)})")
                    if job in ends and job in running:
                        how = ends[job]
                        show.ended(job, how["outcome"] if isinstance(how, dict) else "failed")
                show.tick()
                time.sleep(ASKED if len(ends) < len(ids) else 0)
        except KeyboardInterrupt:
            ends |= {job: Stopped("continues in Slurm") for job in ids if job not in ends}
    return [ends[job] for job in ids]
