"""What a Slurm job leaves in files: its number beside the run, and in its own folder its progress and its errors."""

import json
from pathlib import Path

from codist import runlog
from codist.disk import write_atomically
from launch.jobs import Job


def note_submitted(job: Job, number: str, folder: str) -> None:
    """Write beside the run which Slurm job it is; folder: the Slurm job's own."""
    job.folder.mkdir(parents=True, exist_ok=True)
    write_atomically(
        job.folder / "slurm.json", json.dumps({"job": number, "folder": folder}) + "\n"
    )


def submitted(job: Job) -> dict | None:
    """{job, folder} of the Slurm job that was last submitted for a run."""
    return runlog.read(job.folder / "slurm.json", json.loads)


def error_message(folder: Path, kind: str = "failed") -> str | None:
    """Why a job ended for good, or was `lost`: the first rank's first line; the job's own only where there is none."""
    for path in sorted(
        folder.glob(f"*.{kind}"), key=lambda path: (path.stem == "job", path.stat().st_mtime)
    ):
        return path.read_text().partition("\n")[0]
    return None


def log_of(folder: Path) -> Path:
    """The log to read: that of the rank that failed, else rank 0's."""
    ranks = [path.stem.removeprefix("rank") for path in folder.glob("rank*.failed")]
    return folder / f"{folder.name}_{ranks[0] if ranks else 0}_log.err"


def progress(folder: Path) -> dict | None:
    """{update, seconds_per_update} as rank 0 wrote them last; None before its first report."""
    try:
        return json.loads((folder / "progress.json").read_text())
    except (FileNotFoundError, ValueError):
        return None


def seconds_left(job: Job, at: dict) -> float:
    return (job.run.updates - at["update"]) * at["seconds_per_update"]
