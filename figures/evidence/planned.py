"""The plan of paper/plan.yaml: which arms get which new seeds, and the runs that follow it.

paper/plan.csv has each claim's test, margin and arms as they were before the runs. plan_page.py
writes it, and paper/plan.md for readers.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codist import errors, plan_seeds
from codist.plan_digest import plan_digests
from codist.unpacked import name_of
from figures import HOME
from figures.evidence import claim_table
from figures.evidence.arm import Arm
from figures.evidence.consistency import Unreadable
from figures.evidence.join import join
from figures.evidence.ledger import Ledger
from figures.evidence.names import arms_of, load, sweeps_of, yaml_of
from figures.evidence.results import read as read_arms

FILE, CLAIMS = HOME / "paper" / "plan.yaml", HOME / "paper" / "plan.csv"


@dataclass(frozen=True)
class Plan:
    """The new seeds of each arm, the reasons for the margins, and the claims that are given up."""

    runs: Path  # the folder of the runs, as <scale>/<sweep>/<arm>/<seed>
    seeds: dict[str, dict[tuple[str, str], tuple[int, ...]]]  # {scale: {(sweep, arm): its seeds}}
    commands: tuple[str, ...]  # that train the runs
    margins: dict[str, str]  # {test, metric and margin: the reason}
    given_up: dict[str, tuple[str, ...]]  # {scale: ids of claims not decidable there}

    def of_claim(self, scale: str, needs: tuple[str, ...]) -> int:
        """The smallest number of seeds of the arms in `needs`; 0 if one has none."""
        by_arm = {arm: len(seeds) for (_, arm), seeds in self.seeds[scale].items()}
        return min(by_arm.get(arm, 0) for arm in needs)


@cache
def read(path: Path = FILE) -> Plan:
    """Read the plan. Raises Refused if it is missing, has no seeds, or names an unknown arm."""
    where = path.name
    content = plan_seeds.read(path)
    seeds: dict = {}
    commands = []
    for scale, several, sweeps in plan_seeds.parts(content, where):
        for sweep, asked in sweeps.items():
            known = arms_of(sweep) if yaml_of(sweep) else ()
            for arm in known if asked == "all" else asked:
                if arm not in known:
                    raise errors.Refused(
                        f"{where} wants {sweep}'s {arm}; {errors.nearest(arm, known)}"
                    )
                seeds.setdefault(scale, {})[sweep, arm] = several
        listed = ",".join(map(str, several))
        runs = f"place.runs=runs/planned place.shipped={content['runs']}"
        commands += [
            f"python src/run.py -m sweep={','.join(sweeps)} scale={scale} seed={listed} {runs}"
        ]
    given_up = {scale: tuple(ids) for scale, ids in content.get("given_up", {}).items()}
    return Plan(HOME / content["runs"], seeds, tuple(commands), content["margins"], given_up)


def arms(scale: str, figures: dict) -> dict[str, Arm]:
    """The arms of the plan's runs at `scale` with all of their seeds; others are left out.

    Raises Unreadable for a run of another plan, or with a seed that the plan does not name.
    """
    plan = read()
    found = read_arms(scale, sweeps_of(figures), [plan.runs])
    whole = {}
    for name, arm in found.items():
        wanted = set(plan.seeds.get(scale, {}).get((arm.sweep, name), ()))
        for seed, done in arm.done.items():
            if seed not in wanted:
                raise Unreadable(
                    f"{name_of(arm.folders[seed])}: {FILE.name} has no seed {seed} of {name}; move it away"
                )
            refuse_other(arm.folders[seed], done)
        if set(arm.seeds) == wanted:
            whole[name] = arm
    return whole


def ledger(scale: str) -> Ledger:
    """The verdicts of the plan's runs at `scale`. Raises Unreadable if a claim's test has changed."""
    figures = load()
    refuse_changed(frozen())
    return join(figures, arms(scale, figures), scale)


def refuse_changed(before: dict[str, dict[str, str]]) -> None:
    """Raise Unreadable if a claim differs from `before`, the claims as they were before the runs."""
    for claim in claim_table.every():
        now = dict(zip(claim_table.HEAD, claim_table.row(claim), strict=True))
        for column, was in before.get(claim.id, {}).items():
            if now[column] != was:
                raise Unreadable(
                    f"claim {claim.id} was changed after runs of {CLAIMS.name}: {column} {was}, now {now[column]}; "
                    "restore it, or add a claim of another id"
                )


def refuse_other(folder: Path, done: dict) -> None:
    """Raise Unreadable if the run in `folder` was trained under another plan, or without one."""
    ours, theirs = digests(), done.get("plan", {})
    for name, digest in ours.items():
        if theirs.get(name) != digest:
            raise Unreadable(
                f"{name_of(folder)} was trained under another {name}: expected {digest}, got {theirs.get(name)}; "
                "restore that file, or train the run again"
            )


@cache
def digests() -> dict[str, str]:
    """The digests of the committed plan, which each run records."""
    return plan_digests(HOME / "paper")


def frozen() -> dict[str, dict[str, str]]:
    """{id of a claim: its test, metric, margin and arms before the runs}."""
    with open(CLAIMS, newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}
