"""Read run folders as {arm: Arm}, and the numbers printed in the papers."""

import csv
from pathlib import Path

from codist import plan_seeds
from codist.plan_digest import rounds
from codist.plan_of_run import wrong_plan
from codist.unpacked import name_of, packed_alone
from figures import HOME
from figures.evidence import consistency, names
from figures.evidence.arm import Arm
from figures.evidence.consistency import Unreadable
from figures.evidence.rows import read_rows
from figures.evidence.stored import InFolder, InPack, runs_in

PAPER = HOME / "paper"
RESULTS = PAPER / "results"
REPORTED = PAPER / "reported.csv"


def read(scale: str, sweeps: list[str], roots: list[Path]) -> dict[str, Arm]:
    """Read {arm: Arm} of arms with a finished run; each seed from the first root that has it.

    A root has run folders, or is packed (codist.packed). If a sweep names its own scale, this
    replaces laptop, and its committed results are the plan's runs. Raises Unreadable for a run of another
    plan.
    """
    arms: dict[str, Arm] = {}
    packed = {place: packed_alone(place) for place in (*roots, *of_plan())}
    for sweep in sweeps:
        at = names.scale_at(sweep, scale)
        more = of_plan() if at != scale and RESULTS in map(Path.resolve, roots) else []
        for root in (*roots, *more):
            for run in runs_in(root, at, sweep, packed[root]):
                add(arms, run, sweep, at)
    arms = {name: arm for name, arm in arms.items() if arm.done}
    for arm in arms.values():  # a seed may be from a later root
        arm.done = dict(sorted(arm.done.items()))
        arm.stored = dict(sorted(arm.stored.items()))
    read_rows(list(arms.values()))
    return arms


def add(arms: dict[str, Arm], run: InFolder | InPack, sweep: str, scale: str) -> None:
    """Add a run to its arm, if no earlier root had its seed. Raises Unreadable."""
    folder, done = run.folder, run.done
    name, seed = folder.parts[-2], int(folder.parts[-1])
    arm = arms.setdefault(name, Arm(name, sweep, scale))
    if arm.sweep != sweep:
        raise Unreadable(
            f"{name_of(folder)}: sweep {arm.sweep} has an arm of that name too; "
            "arm names must be unique, rename one"
        )
    if seed in arm.done:
        return
    if not done:
        arm.unfinished.add(seed)
        return
    consistency.named(folder, done)
    if wrong := wrong_plan(folder, done, PAPER):
        raise Unreadable(f"{name_of(folder)} {wrong}")
    arm.done[seed], arm.stored[seed] = done, run
    arm.unfinished.discard(seed)


def of_plan() -> list[Path]:
    """The folder of the plan's runs; [] without a plan."""
    return [HOME / plan_seeds.read(one.seeds)["runs"] for one in rounds(PAPER)[:1]]


def reported(figure: str) -> dict[tuple[str, str], float]:
    """{(arm, metric): value} reported for `figure` ("v2 fig1"), on the paper's data and scale."""
    source, _, name = figure.partition(" ")
    with open(REPORTED, newline="") as lines:
        rows = [
            row for row in csv.DictReader(lines) if (row["source"], row["figure"]) == (source, name)
        ]
    return {(row["arm"], row["metric"]): float(row["value"]) for row in rows}
