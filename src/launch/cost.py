"""What a run takes: seconds of a device for each model, by stated speed or as measured, and the devices it holds."""

import re
from pathlib import Path

from codist import runlog
from launch.nodes import Settings, shape


def of_models(run) -> list[float]:
    """Device seconds of each model at its stated speed, so that images and words can be added; a stale copy's forward
    is a third of forward and backward."""
    asked = run.exchange.forward_passes(run) / 3
    return [
        run.updates * run.batch * (1 + asked) / run.workload.stated_speed(i)[0]
        for i in range(run.n)
    ]


def effort(job) -> float:
    """Device seconds of all its models."""
    return sum(of_models(job.run))


def took(run, ranks: int) -> float:
    """Seconds from its begin to its end at stated speed. On one rank models take turns; else each has as many ranks of
    its own, and the slowest decides, since the others wait for it wherever they exchange, and hold
    their GPUs."""
    each = of_models(run)
    return sum(each) if ranks == 1 else max(each) * run.n / ranks


def ranks_of(run, settings) -> int:
    """The GPUs that a run's job holds; 1 where no launcher of Slurm was chosen, and of CPUs, whose time adds up."""
    if run.place.device == "cpu" or not isinstance(settings, Settings):
        return 1
    nodes, ranks = shape(run, settings)
    return nodes * ranks


def speeds(jobs) -> tuple[dict[str, float], list[str]]:
    """{workload: how many times the stated seconds a run takes}, and a line for each on who says so: finished runs
    before stated numbers."""
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
    """How many times the stated seconds the finished ones of `jobs` took, and where they are: 1, None where none is.

    What ships of an arm tells nothing of a variant that trains other models, or longer.
    """
    first = jobs[0].run
    clock = "cpu_seconds" if first.place.device == "cpu" else "seconds"
    for here in (True, False):
        stated, seconds, root = 0.0, 0.0, None
        for job in jobs:
            folder = job.folder if here else job.shipped
            facts = runlog.done(folder) if folder else None
            if facts and facts["outcome"] == "finished" and alike(facts, job.run):
                ranks = re.match(r"(\d+) ranks", facts["placement"])
                stated += took(job.run, int(ranks[1]) if ranks else 1)
                seconds += facts.get(clock, facts["seconds"])
                root = root or folder.parents[3]
        if seconds:
            return seconds / stated, root
    return 1.0, None


def alike(facts: dict, run) -> bool:
    return (facts["models"], facts["updates"]) == (run.n, run.updates)
