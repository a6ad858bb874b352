"""What runs need of this machine, asked once before any is announced or made: a GPU, folders to write, their data."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from codist.disk_errors import ADVICE
from codist.errors import Refused
from launch.jobs import Job


def refuse_without_device(jobs: Iterable[Job]) -> None:
    """Raises Refused where this machine lacks the device of one of `jobs`. Imports torch where one is not the CPU."""
    wanting = {job.run.place.device: job for job in jobs if job.run.place.device != "cpu"}
    if wanting:
        # here, so that a sweep on the CPU never imports torch itself
        from launch.work import refuse_without

        for job in wanting.values():
            refuse_without(job)


def refuse_unwritable(jobs: Iterable[Job]) -> None:
    """Raises Refused where the folder of one of `jobs` cannot be written or made. Leaves nothing behind."""
    for folder in dict.fromkeys(first_there(job.folder) for job in jobs):
        try:
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            advice = ADVICE.get(error.errno or 0, "choose another place.runs")
            raise Refused(f"{folder}: {error.strerror}; {advice}") from None


def first_there(path: Path) -> Path:
    """`path`, or the nearest folder above it that is there; a link that leads nowhere is there, too."""
    while not os.path.lexists(path):
        path = path.parent
    return path


def bring_data(jobs: Iterable[Job]) -> None:
    """Raises Refused where the data of one of `jobs` is not ready; each is asked once, not once for each run, later."""
    for job in {(repr(job.run.workload), job.here.data): job for job in jobs}.values():
        job.run.workload.ready(job.here.data)
