"""Comparison of a run's plan with today's. Needs no torch."""

from functools import cache
from pathlib import Path

from codist import plan_seeds
from codist.plan_digest import Round, plan_digests, rounds

AGAIN = "restore that file, or train the run again"


def wrong_plan(folder: Path, done: dict, paper: Path) -> str:
    """Returns what differs from the plan in `paper`; "" if nothing.

    A run records the digests of all rounds. Each of these must still be there; those of the round
    that names the run's seed must be today's.

    folder: <scale>/<sweep>/<arm>/<seed>. done: the content of its done.json.
    """
    now, then = digests(paper), done.get("plan", {})
    for name in then.keys() - now.keys():
        return f"was trained under {name}, which is not in {paper}; {AGAIN}"
    scale, sweep, arm, seed = folder.parts[-4:]
    for names, seeds in planned_of(paper, scale, sweep, arm):
        if int(seed) in seeds:
            for name in names:
                if then.get(name) != now.get(name):
                    return f"was trained under another {name}: expected {now.get(name)}, got {then.get(name)}; {AGAIN}"
    return ""


@cache
def digests(paper: Path) -> dict[str, str]:
    return plan_digests(paper)


@cache
def planned_of(
    paper: Path, scale: str, sweep: str, arm: str
) -> list[tuple[list[str], tuple[int, ...]]]:
    """The names of each round's files, and its seeds of an arm."""
    return [
        ([path.name for path in files], plan_seeds.of_arm(parts, scale, sweep, arm))
        for files, parts in planned(paper)
    ]


@cache
def planned(paper: Path) -> list[tuple[Round, list[plan_seeds.Part]]]:
    """The seeds of each round."""
    return [
        (files, list(plan_seeds.parts(plan_seeds.read(files.seeds), files.seeds.name)))
        for files in rounds(paper)
    ]
