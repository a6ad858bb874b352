"""The cost of a run: device seconds per model, by stated or measured speed, and its devices."""

import re
from functools import cache
from pathlib import Path

from codist import run_folder
from codist.unpacked import name_of
from launch.nodes import Settings, shape


def of_models(job) -> list[float]:
    """Returns the device seconds of each model of a run at its stated speed.

    Seconds can be added over workloads, unlike images and tokens. The forward pass of a stale copy
    costs a third of forward and backward; so does that of a finished teacher, at its own speed. In
    the burn-in there is neither.
    """
    run = job.run
    heard = 1 - run.burn_in / run.updates if run.updates else 0
    passes = run.exchange.forward_passes(run) * heard
    teachers = [
        other.run.workload.stated_speed(j)[0]
        for start, other in zip(run.starts, job.starts, strict=True)
        if start.answers
        for j in range(other.run.n)
    ]
    taught = sum(1 / speed for speed in teachers) / 3 * heard
    return [
        run.updates * run.batch * ((1 + passes / 3) / run.workload.stated_speed(i)[0] + taught)
        for i in run.models
    ]


@cache
def effort(job) -> float:
    """Returns the device seconds of all models of a run; kept, since progress asks at each report."""
    return sum(of_models(job))


def took(job, ranks: int) -> float:
    """Returns the wall seconds of a run at stated speed.

    On one rank the models take turns. Otherwise each model has its own ranks, and the slowest model
    determines the time: the others wait for it at every exchange and hold their GPUs.
    """
    each = of_models(job)
    return sum(each) if ranks == 1 else max(each) * len(job.run.models) / ranks


def of_update(job, ranks: int) -> float:
    """Returns the wall seconds of an update of one model at stated speed, mean over the models."""
    each = of_models(job)
    return sum(each) / len(each) / max(1, ranks // len(each)) / job.run.updates


def ranks_of(run, settings) -> int:
    """Returns the GPUs of a run's Slurm job; 1 without Slurm or on CPUs, whose times add up."""
    if run.place.device == "cpu" or not isinstance(settings, Settings):
        return 1
    nodes, ranks = shape(run, settings)
    return nodes * ranks


def speeds(jobs) -> tuple[dict[str, float], list[str]]:
    """Returns {workload: measured seconds / stated seconds}, and a line per speed with its source.

    Speeds measured in finished runs take precedence over stated ones.
    """
    slower: dict[str, float] = {}
    sources: list[str] = []
    of: dict[str, list] = {}
    for job in jobs:
        of.setdefault(job.run.workload.name, []).append(job)
    for name, alike in of.items():
        slower[name], where = measured(alike)
        every = dict.fromkeys(
            job.run.workload.stated_speed(i) for job in alike for i in range(job.run.n)
        )
        for stated, source in every:  # one for each network
            rate = f"speed: {name} {stated / slower[name]:,.0f} examples a second"
            sources.append(
                f"{rate} as measured in {where}"
                if where
                else f"{rate} a device as stated: {source}"
            )
    return slower, list(dict.fromkeys(sources))


def measured(jobs) -> tuple[float, Path | None]:
    """Returns measured / stated seconds of finished `jobs`, and their folder; else (1, None).

    Shipped runs count only if they have the same number of models and updates as the job.
    """
    first = jobs[0].run
    clock = "cpu_seconds" if first.place.device == "cpu" else "seconds"
    for here in (True, False):
        stated, seconds, root = 0.0, 0.0, None
        for job in jobs:
            folder = job.folder if here else job.shipped
            facts = run_folder.done(folder) if folder else None
            if facts and facts["outcome"] == "finished" and alike(facts, job.run):
                ranks = re.match(r"(\d+) ranks", facts["placement"])
                stated += took(job, int(ranks[1]) if ranks else 1)
                seconds += facts.get(clock, facts["seconds"])
                root = root or name_of(folder).parents[3]
        if seconds:
            return seconds / stated, root
    return 1.0, None


def alike(facts: dict, run) -> bool:
    return (facts["models"], facts["updates"]) == (len(run.models), run.updates)
