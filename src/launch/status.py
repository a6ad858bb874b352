"""How runs stand that were submitted: done, queued, running and how long yet, failed and why."""

import json
import time
from collections import Counter
from pathlib import Path

from codist import runlog
from codist.errors import Stopped
from codist.states import newest_first
from launch import queue
from launch.jobs import Job
from launch.jobs import jobs as asked_for
from launch.progress import Progress, duration
from launch.slurm import submitted
from launch.sweep import finished, returned

SETTLED = 30.0  # seconds that a job must be over before it is given up: Slurm may be about to queue it again
ASKED = 2.0  # seconds between two questions


def show(arguments: list[str]) -> None:
    """One line a run, for `python src/run.py status sweep=...`."""
    jobs = asked_for(arguments)
    known = {job: submitted(job) for job in jobs}
    states = queue.states(one["job"] for one in known.values() if one)
    said = {job: standing(job, known[job], states) for job in jobs}
    width = max(len(job.name) for job in jobs)
    for job, (kind, detail) in said.items():
        print(f"{job.name.ljust(width)}  {kind}{detail and ': ' + detail}")
    print(", ".join(f"{count} {kind}" for kind, count in Counter(kind for kind, _ in said.values()).items()))


def standing(job: Job, known: dict | None, states: dict[str, str]) -> tuple[str, str]:
    """(done, queued, running, failed, stopped or not begun; what else there is to say)."""
    if facts := finished(job):
        return "done", f"{facts['outcome']} at update {facts['update']}"
    saves = [int(path.stem) for path in newest_first(job.folder / "state")]
    reached = max(saves + [row["update"] for row in runlog.rows(job.folder)[-1:]], default=0)
    so_far = f"update {reached} of {job.run.updates}" if reached else ""
    if known is None:
        if job.folder.is_dir() and runlog.busy(job.folder):
            return "running", f"{so_far or 'starting'}, by a process of this command or another"
        if (trace := job.folder / runlog.ERROR).exists():
            why = trace.read_text().partition("\n")[0] or "without a word, as on a full disk"
            return "failed", f"{why} ({so_far or 'before its first save'}, {trace})"
        return ("stopped", so_far) if reached else ("not begun", "")
    state, folder = states.get(known["job"], "unknown to Slurm"), Path(known["folder"])
    if cause := last_words(folder):
        return "failed", f"{cause} (job {known['job']}, log {log_of(folder)})"
    if state in ("RUNNING", "COMPLETING", "SUSPENDED"):
        at = progress(folder)
        left = f"update {at['update']} of {job.run.updates}, {duration(left_of(job, at))} left" if at else "starting"
        return "running", f"{left} (job {known['job']})"
    if queue.over(state) or state == "unknown to Slurm":
        return "failed", f"job {known['job']} is {state}, log {log_of(folder)}"
    return "queued", f"{state.lower()}{so_far and ', ' + so_far} (job {known['job']})"


def follow(ids: dict[Job, str]) -> list:
    """Wait for the jobs of these runs; what each came to, in their order. Ctrl-C leaves the jobs with Slurm."""
    ends, over_since, running = {}, {}, set()
    with Progress(list(ids)) as show:
        try:
            while len(ends) < len(ids):
                states = queue.states(number for job, number in ids.items() if job not in ends)
                for job, number in ids.items():
                    if job in ends:
                        continue
                    state, folder = states.get(number, "unknown to Slurm"), Path(submitted(job)["folder"])
                    if state == "RUNNING" and job not in running:
                        running.add(job)
                        show.began(job)
                    if state == "PENDING" and job in running:
                        running.remove(job)
                        show.ended(job, f"queued again ({last_words(folder, 'lost') or 'by Slurm'})")
                    if job in running and (at := progress(folder)):
                        show.at(job, at["update"])
                    gone = queue.over(state) or state == "unknown to Slurm"
                    over_since[job] = over_since.get(job, time.monotonic()) if gone else time.monotonic()
                    if gone and (cause := last_words(folder)):  # first: a rank may fail once the numbers are written
                        ends[job] = RuntimeError(f"{cause} (log {log_of(folder)})")
                    elif gone and (facts := finished(job)):
                        ends[job] = facts
                    elif time.monotonic() - over_since[job] > SETTLED:
                        ends[job] = RuntimeError(f"job {number} is {state} (log {log_of(folder)})")
                    if job in ends and job in running:
                        show.ended(job, ends[job]["outcome"] if isinstance(ends[job], dict) else "failed")
                show.tick()
                time.sleep(ASKED if len(ends) < len(ids) else 0)
        except KeyboardInterrupt:
            ends |= {job: Stopped("goes on with Slurm") for job in ids if job not in ends}
    return [returned(job, ends[job]) for job in ids]


def last_words(folder: Path, kind: str = "failed") -> str | None:
    """Why a job ended for good, or was `lost`: the first rank's first line; the job's own only where there is none."""
    for path in sorted(folder.glob(f"*.{kind}"), key=lambda path: (path.stem == "job", path.stat().st_mtime)):
        return path.read_text().partition("\n")[0]
    return None


def log_of(folder: Path) -> Path:
    """The log to read: that of the rank that failed, else rank 0's."""
    ranks = [path.stem.removeprefix("rank") for path in folder.glob("rank*.failed")]
    return folder / f"{folder.name}_{ranks[0] if ranks else 0}_log.err"


def progress(folder: Path) -> dict | None:
    try:
        return json.loads((folder / "progress.json").read_text())
    except (FileNotFoundError, ValueError):
        return None


def left_of(job: Job, at: dict) -> float:
    return (job.run.updates - at["update"]) * at["seconds_per_update"]
