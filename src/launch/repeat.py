"""Retrain random shipped runs and compare: python src/run.py repeat runs=3 pick=7."""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from hydra.utils import get_class, instantiate

from codist import run_folder, run_identity
from codist.config import Run
from codist.durations import duration
from codist.errors import Refused
from launch import compare_runs, sweep
from launch.command_config import checked
from launch.jobs import Job
from launch.jobs import job as job_of
from launch.outcome import missing_starts
from launch.prerequisites import refuse_unwritable, refuse_without_device
from launch.shipped import arms, shipped, values_of

RUNS = 3  # default number of runs to draw
LEAST = {"runs": 1, "pick": 0}


def show(overrides: list[str]) -> None:
    """Draw, retrain and compare runs. Exits with 1 if a run is not reproduced."""
    runs, pick, overrides = drawn(overrides)
    given = checked(overrides)
    values = values_of(given.of_runs)
    if "seed" in values:
        raise Refused(
            f"seed={values['seed']}: repeat draws the runs itself; leave out seed=, or set pick="
        )
    # Hydra's own launchers would compose each run themselves
    if not hasattr(get_class(given.launcher._target_), "train"):
        raise Refused(
            "repeat trains here or on Slurm; choose hydra/launcher=cores, or one of slurm/*.yaml"
        )
    launcher = instantiate(given.launcher)
    root, folders = shipped(values)
    of_scale = given.of_runs if "scale" in values else [*given.of_runs, f"scale={Run.scale}"]
    asked = arms(of_scale, folders)
    there = [folder for folder in folders if arm_of(folder) in asked and run_folder.done(folder)]
    if not there:
        raise Refused(f"none of these runs is in {root}")
    if live := [folder for folder in there if asked[arm_of(folder)].run.exchange.apart]:
        there = [folder for folder in there if folder not in live]
        left_out = f"{len(live)} runs of models that are trained apart are left out: `replay` repeats those"
        if not there:
            raise Refused(left_out)
        print(left_out)
    chosen = sorted(random.Random(pick).sample(there, min(runs, len(there))))
    if launcher.on_this_machine:
        refuse_without_device([asked[arm_of(folder)] for folder in chosen])
    scratch = Path(values.get("place.runs") or tempfile.mkdtemp(prefix="repeat-"))
    jobs = [again(asked[arm_of(folder)], folder, scratch) for folder in chosen]
    refuse_unwritable(jobs)
    announce(chosen, jobs, pick, root)
    sweep.carry_out(jobs, launcher, given.of_runs)
    print()
    beyond = [job for job, folder in zip(jobs, chosen, strict=True) if not repeats(job, folder)]
    if beyond:
        print(
            f"{len(beyond)} of {len(jobs)} runs are not reproduced; the retrained ones are in {scratch}",
            file=sys.stderr,
        )
        sys.exit(1)
    if "place.runs" not in values:
        shutil.rmtree(scratch)


def drawn(overrides: list[str]) -> tuple[int, int, list[str]]:
    """Returns (number of runs, seed of the draw, other overrides).

    Without pick= the seed is random.
    """
    found, rest = {"runs": RUNS, "pick": random.SystemRandom().randrange(10**6)}, []
    for override in overrides:
        name, _, value = override.partition("=")
        if name not in LEAST:
            rest.append(override)
            continue
        if not value.isdecimal() or int(value) < LEAST[name]:
            raise Refused(f"{name}: expected a whole number from {LEAST[name]} on, got {value}")
        found[name] = int(value)
    return found["runs"], found["pick"], rest


def arm_of(folder: Path) -> tuple[str, str, str]:
    """Returns the (scale, sweep, arm) of a run folder."""
    scale, sweep, arm = folder.parts[-4:-1]
    return scale, sweep, arm


def again(arm: Job, folder: Path, scratch: Path) -> Job:
    """Returns the job that retrains the run of `folder` in `scratch`."""
    kept = [
        o for o in arm.overrides if not o.startswith(("seed=", "place.runs=", "place.shipped="))
    ]
    return job_of((*kept, f"seed={folder.name}", f"place.runs={scratch}", "place.shipped=null"))


def announce(chosen: list[Path], jobs: list[Job], pick: int, root: Path) -> None:
    """Print which runs were drawn and how long they will take."""
    first = missing_starts(jobs)
    shipped_runs = chosen[0].parents[3]  # not `root`, if that is packed
    needed = chosen + [shipped_runs.joinpath(*one.folder.parts[-4:]) for one in first]
    took = [
        ended.get("cpu_seconds", ended["seconds"])
        for folder in needed
        if (ended := run_folder.done(folder))
    ]
    cores = jobs[0].run.place.jobs or len(os.sched_getaffinity(0))
    names = ", ".join(job.name for job in jobs)
    print(f"retraining {len(jobs)} of the runs in {root}, drawn with pick={pick}: {names}")
    left = duration(max(*took, sum(took) / cores))
    print(
        f"about {left} on {cores} cores of the same speed; the originals took {duration(sum(took))} on one",
        flush=True,
    )


def repeats(job: Job, folder: Path) -> bool:
    """Print how the retrained run compares with the shipped one; True if it reproduces it."""
    config = run_folder.made_by(folder)
    if other := run_identity.difference(config, job.run.to_dict(), job.run.defaults()):
        print(f"{job.name}: its config differs from its sweep today: {'; '.join(other[:4])}")
        return False
    here, theirs = run_folder.ended(job.folder), run_folder.ended(folder)
    starts = [compare_runs.other_start(folder, job.folder, start) for start in job.run.starts]
    kind = compare_runs.kind(theirs, here, job.run.devices)
    if apart := "; ".join(filter(None, (kind, *starts))):
        far, near = compare_runs.near(folder, job.folder, same_start=not any(starts))
        print(f"{job.name}: {'beyond' if far else 'within'} the tolerance ({apart}); {near}")
    elif far := compare_runs.bits(folder, job.folder):
        print(f"{job.name}: not the same bits, on the same kind of machine")
    else:
        print(f"{job.name}: the same bits, {here['models']} models to update {here['update']}")
    for line in far[:6]:
        print(f"  {line}")
    if len(far) > 6:
        print(f"  and {len(far) - 6} more")
    return not far
