"""Runs that ship, some of them picked at random, trained again here and compared: python src/run.py repeat."""

import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

from codist import runlog
from codist.config import Run
from codist.errors import Refused
from launch import same, sweep
from launch.jobs import Job
from launch.jobs import job as job_of
from launch.prerequisites import refuse_unwritable, refuse_without_device
from launch.progress import duration
from launch.verify import arms, shipped, typed_of


def show(arguments: list[str], launcher, runs: int, pick: int) -> None:
    """Exits with 1 where a run does not repeat. pick: the seed of the choice; below 0: another each time."""
    for name, value, least in (("runs", runs, 1), ("pick", pick, -1)):
        if not isinstance(value, int) or value < least:
            raise Refused(f"hydra.sweeper.{name} must be a whole number from {least} on, came {value}")
    typed = typed_of(arguments)
    if "seed" in typed:
        raise Refused(
            f"seed={typed['seed']}: which runs are repeated is drawn; leave it out, or say hydra.sweeper.pick="
        )
    root, folders = shipped(typed)
    scale = typed.get("scale", Run.scale)
    asked = arms([*arguments, *([] if "scale" in typed else [f"scale={scale}"])], typed | {"scale": scale}, folders)
    there = [folder for folder in folders if folder.parts[-4:-1] in asked and runlog.done(folder)]
    if not there:
        raise Refused(f"none of these runs is in {root}")
    pick = random.SystemRandom().randrange(10**6) if pick < 0 else pick
    chosen = sorted(random.Random(pick).sample(there, min(runs, len(there))))
    if sweep.on_this_machine(launcher):
        refuse_without_device([asked[folder.parts[-4:-1]] for folder in chosen])
    scratch = Path(typed.get("place.runs") or tempfile.mkdtemp(prefix="repeat-"))
    jobs = [again(asked[folder.parts[-4:-1]], folder, scratch) for folder in chosen]
    refuse_unwritable(jobs)
    announce(chosen, jobs, pick, root)
    sweep.carry_out(jobs, launcher, arguments)
    print()
    beyond = [job for job, folder in zip(jobs, chosen, strict=True) if not repeats(job, folder)]
    if beyond:
        print(f"{len(beyond)} of {len(jobs)} runs do not repeat; those made here are in {scratch}", file=sys.stderr)
        sys.exit(1)
    if "place.runs" not in typed:
        shutil.rmtree(scratch)


def again(arm: Job, folder: Path, scratch: Path) -> Job:
    """The run of `folder`, to be trained anew in `scratch`."""
    kept = [o for o in arm.overrides if not o.startswith(("seed=", "place.runs=", "place.shipped="))]
    return job_of((*kept, f"seed={folder.name}", f"place.runs={scratch}", "place.shipped=null"))


def announce(chosen: list[Path], jobs: list[Job], pick: int, root: Path) -> None:
    """Which runs, and how long they will take before they do."""
    first = sweep.begun_from(jobs)
    needed = chosen + [root.joinpath(*one.folder.parts[-4:]) for one in first]
    took = [ended.get("cpu_seconds", ended["seconds"]) for folder in needed if (ended := runlog.done(folder))]
    cores = jobs[0].run.place.jobs or len(os.sched_getaffinity(0))
    names = ", ".join(job.name for job in jobs)
    print(f"{len(jobs)} of the runs in {root}, by hydra.sweeper.pick={pick}: {names}")
    left = duration(max(*took, sum(took) / cores))
    print(f"about {left} on {cores} cores as fast as theirs, which took {duration(sum(took))} of one", flush=True)


def repeats(job: Job, folder: Path) -> bool:
    """Say how the run made here compares with the one that ships; is it as near as it must be?"""
    config = runlog.config(folder)
    if other := runlog.difference(config, job.run.to_dict(), job.run.defaults()):
        print(f"{job.name}: made by another config than its sweep makes today: {'; '.join(other[:4])}")
        return False
    here, theirs = runlog.done(job.folder), runlog.done(folder)
    start = same.other_start(folder, job.folder, job.run.begin_from)
    if apart := "; ".join(filter(None, (same.kind(theirs, here, job.run.devices), start))):
        far, near = same.near(folder, job.folder, same_start=not start)
        print(f"{job.name}: {'beyond' if far else 'within'} the tolerance ({apart}); {near}")
    elif far := same.bits(folder, job.folder):
        print(f"{job.name}: not the same bits, on the same kind of machine")
    else:
        print(f"{job.name}: the same bits, {here['models']} models to update {here['update']}")
    for line in far[:6]:
        print(f"  {line}")
    if len(far) > 6:
        print(f"  and {len(far) - 6} more")
    return not far
