"""Print the core hours of all committed runs: python -m figures.evidence.core_hours.

The CPU seconds in each run's done.json are summed by set (paper/results, fresh, planned), scale and
sweep. They do not include the start of Python and the loading of libraries. Runs on GPUs are
excluded, and so are runs whose ranks are killed on purpose: they mostly sleep.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from codist import errors, run_folder
from codist.unpacked import unpacked
from figures.ending import leave
from figures.evidence import fresh, planned
from figures.evidence.consistency import Unreadable
from figures.evidence.join import RESULTS
from figures.evidence.names import arms_read, module

CORES = 2
ALL_GOAL, FIGURE_GOAL = 6 * 3600, 15 * 60  # seconds on two cores: all runs, FIGURE on one bed
FIGURE = "fig2"


@dataclass(frozen=True)
class Run:
    """A committed run and its CPU seconds."""

    part: str  # results, fresh or planned
    scale: str
    sweep: str
    arm: str
    workload: str  # of its config: digits, small_glyphs, grammar, ...
    seconds: float


def shipped() -> dict[str, Path]:
    """Return {set: the root of its runs, packed or in run folders}."""
    return {"results": RESULTS, "fresh": fresh.RUNS, "planned": planned.runs()}


def read(roots: dict[str, Path]) -> list[Run]:
    """Read the runs on CPUs. Raises Unreadable for several processes, whose total is not logged."""
    found = []
    for part, root in roots.items():
        for path in sorted(unpacked(root).glob("*/*/*/*/done.json")):
            done = json.loads(path.read_text())
            if "gpu" in done.get("machine", {}) or "failures" in done:
                continue
            if done.get("placement", "one process") != "one process":
                raise Unreadable(
                    f"{path}: expected a run in one process, got {done['placement']}; "
                    "only its first rank's CPU time is logged"
                )
            scale, sweep, arm = path.parts[-5:-2]
            seconds = done.get("cpu_seconds", done["seconds"])
            workload = run_folder.made_by(path.parent)["workload"]["name"]
            found.append(Run(part, scale, sweep, arm, workload, seconds))
    return found


def again(runs: Sequence[Run], cores: int = CORES) -> float:
    """Seconds to retrain the runs, one on each core; at least those of the longest run."""
    seconds = [run.seconds for run in runs]
    return max(sum(seconds) / cores, *seconds)


def missing(runs: Iterable[Run]) -> tuple[int, float, int]:
    """The plan's missing runs: (their number, CPU seconds, number without an estimate).

    The estimate is the mean of the committed runs of the arm at this scale, in any set.
    """
    spent: dict[tuple[str, str], list[float]] = {}
    there: Counter = Counter()
    for run in runs:
        spent.setdefault((run.scale, run.arm), []).append(run.seconds)
        there[run.part, run.scale, run.arm] += 1
    parts = {root: part for part, root in shipped().items()}  # parts of committed runs
    count, seconds, unknown = 0, 0.0, 0
    every = ((plan, *of) for plan in planned.rounds() for of in plan.seeds.items())
    for plan, scale, arms in every:
        for (_, arm), seeds in arms.items():
            left = len(seeds) - there[parts[plan.runs], scale, arm]
            known = spent.get((scale, arm), [])
            count, unknown = count + left, unknown + (0 if known else left)
            seconds += left * sum(known) / len(known) if known else 0
    return count, seconds, unknown


def table(runs: Sequence[Run]) -> list[str]:
    """Lines with the runs and core hours by set, scale and sweep, with sums."""
    lines = [f"{'set':<10}{'scale':<16}{'sweep':<18}{'runs':>6}{'core hours':>12}"]
    sums: dict[tuple[str, str, str], list[float]] = {}
    for run in runs:
        for key in ((run.part, run.scale, run.sweep), (run.part, run.scale, "all")):
            sums.setdefault(key, []).append(run.seconds)
    for (part, scale, sweep), of in sorted(sums.items(), key=order):
        lines.append(f"{part:<10}{scale:<16}{sweep:<18}{len(of):>6}{sum(of) / 3600:>12.2f}")
    total = sum(run.seconds for run in runs)
    return [*lines, f"{'all':<44}{len(runs):>6}{total / 3600:>12.2f}"]


def by_workload(runs: Iterable[Run]) -> str:
    """A line with the core hours of each workload, the longest first."""
    hours: dict[str, float] = {}
    for run in runs:
        hours[run.workload] = hours.get(run.workload, 0.0) + run.seconds / 3600
    return "core hours by workload: " + ", ".join(
        f"{name} {spent:.2f}" for name, spent in sorted(hours.items(), key=lambda item: -item[1])
    )


def order(item: tuple[tuple[str, str, str], list[float]]) -> tuple:
    (part, scale, sweep), _ = item
    return list(shipped()).index(part), scale, sweep == "all", sweep


def goals(runs: Sequence[Run]) -> list[str]:
    """Lines with the times on two cores, each with its goal."""
    lines = [f"retraining all runs on {CORES} cores: {goal(again(runs), ALL_GOAL)}"]
    arms = arms_read(module(FIGURE))
    for part, scale in dict.fromkeys((run.part, run.scale) for run in runs):
        of = [run for run in runs if (run.part, run.scale) == (part, scale) and run.arm in arms]
        if of:
            trained = len({run.arm for run in of})
            lines.append(
                f"{FIGURE} on {scale}, {part} ({trained} of {len(arms)} arms, {len(of)} runs): "
                f"{goal(again(of), FIGURE_GOAL)}"
            )
    return lines


def goal(seconds: float, most: float) -> str:
    shown = f"{seconds / 60:.1f} min" if seconds < 3600 else f"{seconds / 3600:.2f} h"
    wanted = f"{most / 60:g} min" if most < 3600 else f"{most / 3600:g} h"
    return f"{shown}, {'within' if seconds <= most else 'ABOVE'} the goal of {wanted}"


def planned_rest(runs: Sequence[Run]) -> list[str]:
    """The line about the plan's missing runs, if any."""
    count, seconds, unknown = missing(runs)
    if not count:
        return []
    both = goal((sum(run.seconds for run in runs) + seconds) / CORES, ALL_GOAL)
    more = f", without {unknown} runs whose arms have none" if unknown else ""
    return [
        f"the plan's {count} missing runs: about {seconds / 3600:.2f} core hours, by the mean of each "
        f"arm's committed runs{more}; with them: {both}"
    ]


def main() -> int:
    try:
        runs = read(shipped())
        print("\n".join([*table(runs), by_workload(runs), *goals(runs), *planned_rest(runs)]))
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
