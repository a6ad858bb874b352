"""Print the status of runs: done, queued, running with the time left, or failed with the reason.

python src/run.py status sweep=fig2 scale=paper. Needs no torch.
"""

from collections import Counter
from pathlib import Path

from codist import journal, run_folder, runlog
from codist.durations import duration
from codist.published import update_of
from codist.states import newest_first
from launch import slurm_queue
from launch.command_config import checked
from launch.jobs import Job
from launch.jobs import jobs as asked_for
from launch.outcome import finished
from launch.slurm_files import error_message, log_of, progress, seconds_left, submitted


def show(overrides: list[str]) -> None:
    """Print one line per run, and the number of runs of each status."""
    runs = asked_for(checked(overrides).of_runs)
    ended = {run: facts for run in runs if (facts := finished(run))}
    jobs = [part for run in runs for part in ([run] if run in ended else run.parts)]
    known = {job: submitted(job) for job in jobs}
    states = slurm_queue.states(one["job"] for one in known.values() if one)
    found = {
        job: with_heard(job, *standing(job, ended.get(job), known[job], states)) for job in jobs
    }
    width = max(len(job.name) for job in jobs)
    for job, (kind, detail) in found.items():
        print(f"{job.name.ljust(width)}  {kind}{detail and ': ' + detail}")
    print(
        ", ".join(
            f"{count} {kind}" for kind, count in Counter(kind for kind, _ in found.values()).items()
        )
    )


def with_heard(job: Job, kind: str, detail: str) -> tuple[str, str]:
    """Adds whom a model that is trained apart last heard, and how old that was."""
    lines = [] if job.group is None else journal.read(job.folder / journal.JOURNAL)
    last = {line["peer"]: line for line in lines if journal.HEARD in line}
    heard = ", ".join(
        f"model {j} of update {(of := update_of(line[journal.HEARD]))} at update {line['update']}, "
        f"{age(line['update'] - of)}"
        for j, line in sorted(last.items())
    )
    return kind, "; ".join(filter(None, (detail, heard and f"heard {heard}")))


def age(updates: int) -> str:
    return f"{updates} updates old" if updates >= 0 else f"{-updates} updates ahead"


def standing(
    job: Job, ended: dict | None, known: dict | None, states: dict[str, str]
) -> tuple[str, str]:
    """Returns (done, queued, running, failed, stopped or not started; details).

    ended: the content of the job's done.json, if that was read already
    """
    if facts := ended or finished(job):
        return "done", f"{facts['outcome']} at update {facts['update']}"
    saves = [int(path.stem) for path in newest_first(job.folder / "state")]
    reached = max(saves + [row["update"] for row in runlog.rows(job.folder)[-1:]], default=0)
    so_far = f"update {reached} of {job.run.updates}" if reached else ""
    if known is None:
        if job.folder.is_dir() and runlog.busy(job.folder):
            return "running", f"{so_far or 'starting'}, by a process of this command or another"
        if (trace := job.folder / run_folder.ERROR).exists():
            why = trace.read_text().partition("\n")[0] or "no error message, as on a full disk"
            return "failed", f"{why} ({so_far or 'before its first checkpoint'}, {trace})"
        return ("stopped", so_far) if reached else ("not started", "")
    state, folder = states.get(known["job"], "unknown to Slurm"), Path(known["folder"])
    if cause := error_message(folder):
        return "failed", f"{cause} (job {known['job']}, log {log_of(folder)})"
    if state in ("RUNNING", "COMPLETING", "SUSPENDED"):
        at = progress(folder)
        reached = f"update {at['update']} of {job.run.updates}" if at else ""
        left = f"{reached}, {duration(seconds_left(job, at))} left" if at else "starting"
        return "running", f"{left} (job {known['job']})"
    if slurm_queue.over(state) or state == "unknown to Slurm":
        after = f" after {so_far}" if so_far else ""
        return "failed", f"job {known['job']} is {state}{after}, log {log_of(folder)}"
    return "queued", f"{state.lower()}{so_far and ', ' + so_far} (job {known['job']})"
