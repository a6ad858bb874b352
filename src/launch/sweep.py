"""Train all runs of a sweep that are not done, by the chosen launcher."""

import os
import sys
import time
from typing import Protocol

from codist.durations import duration
from codist.errors import Busy, Refused, Stopped
from codist.groups import groups_of, join
from codist.run_folder import DIRTY
from launch.commit import commit
from launch.jobs import Job, with_variants
from launch.jobs import jobs as asked_for
from launch.outcome import finished, made_elsewhere, print_replaced, refuse_place_of_shipped, waves
from launch.prerequisites import bring_data, refuse_unwritable, refuse_without_device

LISTED = 4  # runs, at most, that are listed by name


class Launcher(Protocol):
    """Trains runs: in local processes, as Slurm jobs, or by one of Hydra's own launchers."""

    on_this_machine: bool  # True if runs use the devices of this machine

    def train(self, jobs: list[Job]) -> list[dict | Exception] | None:
        """Returns each run's done.json content or error, in order; None if it does not wait."""


def run(arguments: list[str], launcher: Launcher) -> None:
    """Train the sweep that `arguments` ask for.

    Exits with 1 if a run failed, with 130 after Ctrl-C.
    """
    if (ranks := int(os.environ.get("WORLD_SIZE", os.environ.get("SLURM_STEP_NUM_TASKS", 1)))) > 1:
        raise Refused(
            f"start a sweep once, not in each of {ranks} ranks; one run may be started in all of them, without -m"
        )
    carry_out(asked_for(arguments), launcher, arguments)


def carry_out(jobs: list[Job], launcher: Launcher, arguments: list[str]) -> None:
    """Train those of `jobs` that are not done, after the runs they start from. Exits as `run` does.

    arguments: the overrides that ask for `jobs`.
    """
    for job in jobs:
        if job.group is None and job.run.exchange.apart and groups_of(job.folder):
            join(job.folder, job.run.n)  # the last group may have been killed before it could
    whole = [job for job in jobs if finished(job) is None]
    for job in whole:
        refuse_place_of_shipped(job)
    # models that are trained apart are jobs of their own
    todo = [part for job in whole for part in job.parts if finished(part) is None]
    *first, then = waves(todo) or [[]]
    first = [with_variants(wave) for wave in first]
    every = [job for wave in (*first, then) for job in wave]
    if launcher.on_this_machine:
        refuse_without_device(every)
    refuse_unwritable(every)
    bring_data(every)
    apart = (
        f", {len(todo)} models of them trained apart"
        if any(j.group is not None for j in todo)
        else ""
    )
    print(
        f"{len(jobs)} runs, {len(jobs) - len(whole)} done, {len(whole)} to run{apart}", flush=True
    )
    if todo and commit().endswith(DIRTY):
        print(
            "tracked files have uncommitted changes: make ship will leave these runs out",
            flush=True,
        )
    began = time.monotonic()
    for wave in first:
        print(f"first, since other runs start from their weights: {listed(wave)}", flush=True)
        launch(wave, launcher, arguments)
    if then:
        launch(then, launcher, arguments)
    if todo:
        places = dict.fromkeys(f"{job.here.runs}/{job.run.scale}" for job in todo)
        print(f"done in {duration(time.monotonic() - began)}; logs in {', '.join(places)}")


def listed(wave: list[Job]) -> str:
    """The names of a few runs; of more than LISTED their arms, and how many runs there are."""
    if len(wave) <= LISTED:
        return ", ".join(job.name for job in wave)
    arms = dict.fromkeys(f"{job.run.sweep}/{job.run.arm}" for job in wave)
    return f"{', '.join(arms)} ({len(wave)} runs)"


def launch(todo: list[Job], launcher: Launcher, arguments: list[str]) -> None:
    """Train `todo` and print its failed and diverged runs.

    Exits as `run` if a run failed or was stopped, with 0 if the launcher does not wait.
    """
    failed, stopped = [], []
    ends = launcher.train(todo)
    if ends is None:
        print(
            f"to see their status: python src/run.py status {' '.join(arguments)}; "
            "to wait for them: the same command again"
        )
        sys.exit(0)
    for job, end in zip(todo, ends, strict=True):
        error = end if isinstance(end, Exception) else None
        if isinstance(error, Busy) and made_elsewhere(job):
            error = None
        if isinstance(error, Stopped):
            stopped.append(job)
        elif error is not None:
            failed.append(job)
            print(f"failed: {job.name}: {error} ({job.folder})", file=sys.stderr)
    for job in todo:
        if (facts := finished(job)) and facts["outcome"] == "diverged":
            print(
                f"diverged: {job.name} at update {facts['update']}; its log is kept and shown ({job.folder})"
            )
        print_replaced(job)
    if stopped:
        print(
            f"stopped: {len(stopped)} runs are not done; the same command resumes from there",
            file=sys.stderr,
        )
    if failed:
        print(
            f"{len(failed)} of {len(todo)} runs failed; the same command retries them",
            file=sys.stderr,
        )
        sys.exit(1)
    if stopped:
        sys.exit(130)
