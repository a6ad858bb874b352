"""Files of a Slurm job: its number in the run folder, progress and errors in its own folder."""

import json
from pathlib import Path

from codist import run_folder
from codist.disk import write_atomically
from launch.jobs import Job


def note_submitted(job: Job, number: str, folder: str) -> None:
    """Write the Slurm job's number and folder to the run folder."""
    job.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(
        job.folder / "slurm.json", json.dumps({"job": number, "folder": folder}) + "\n"
    )


def submitted(job: Job) -> dict | None:
    """Returns {job, folder} of the run's last submitted Slurm job; None if there is none."""
    return run_folder.read(job.folder / "slurm.json", json.loads)


def error_message(folder: Path, kind: str = "failed") -> str | None:
    """Returns the first line of the first rank's error message, else the job's.

    kind: failed or lost.
    """
    for path in sorted(
        folder.glob(f"*.{kind}"), key=lambda path: (path.stem == "job", path.stat().st_mtime)
    ):
        return path.read_text().partition("\n")[0]
    return None


def log_of(folder: Path) -> Path:
    """Returns the log of the rank that failed, else that of rank 0."""
    ranks = [path.stem.removeprefix("rank") for path in folder.glob("rank*.failed")]
    return folder / f"{folder.name}_{ranks[0] if ranks else 0}_log.err"


def progress(folder: Path) -> dict | None:
    """Returns rank 0's last {update, seconds_per_update}; None before its first report."""
    try:
        return json.loads((folder / "progress.json").read_text())
    except (FileNotFoundError, ValueError):
        return None


def seconds_left(job: Job, at: dict) -> float:
    return (job.run.updates - at["update"]) * at["seconds_per_update"]
