"""Check before training what runs need of this machine: a GPU, writable folders and data."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from codist.disk_errors import ADVICE
from codist.errors import Refused
from launch.jobs import Job


def refuse_without_device(jobs: Iterable[Job]) -> None:
    """Raises Refused if this machine lacks a job's device. Imports torch if that is not the CPU."""
    wanting = {job.run.place.device: job for job in jobs if job.run.place.device != "cpu"}
    if wanting:
        # here, so that a sweep on the CPU never imports torch itself
        from launch.work import refuse_without

        for job in wanting.values():
            refuse_without(job)


def refuse_unwritable(jobs: Iterable[Job]) -> None:
    """Raises Refused if a job's folder cannot be written or created. Leaves no files behind."""
    for folder in dict.fromkeys(first_there(job.folder) for job in jobs):
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            advice = ADVICE.get(error.errno or 0, "choose another place.runs")
            raise Refused(f"{folder}: {error.strerror}; {advice}") from None


def first_there(path: Path) -> Path:
    """Returns `path` or its nearest existing parent; a broken link counts as existing."""
    while not os.path.lexists(path):
        path = path.parent
    return path


def bring_data(jobs: Iterable[Job]) -> None:
    """Prepare the data of `jobs`, each data set once. Raises Refused if one is not ready."""
    for job in {(repr(job.run.workload), job.here.data): job for job in jobs}.values():
        job.run.workload.ready(job.here.data)
