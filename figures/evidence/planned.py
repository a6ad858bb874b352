"""The plan: which arms get which new seeds, and the runs that follow it.

Its rounds are paper/plan.yaml, plan2.yaml, ...; plan.csv, plan2.csv, ... have each claim's test,
margin and arms as they were before the round's runs. plan_page.py writes them, and plan.md,
plan2.md, ... for readers. Runs of a round are in paper/planned beside older seeds of the same arms,
or in paper/results if their sweeps are new.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codist import errors, plan_seeds
from codist.plan_digest import Round
from codist.plan_digest import rounds as files_of
from codist.unpacked import name_of
from figures import HOME
from figures.evidence import claim_table
from figures.evidence.arm import Arm
from figures.evidence.consistency import Unreadable
from figures.evidence.join import join
from figures.evidence.ledger import Ledger
from figures.evidence.names import arms_of, load, scale_at, sweeps_of, yaml_of
from figures.evidence.results import PAPER, RESULTS
from figures.evidence.results import read as read_arms


@dataclass(frozen=True)
class Plan:
    """One round: new seeds of arms, the reasons for the margins, and the claims that are given up."""

    files: Round
    runs: Path  # the folder of the runs, as <scale>/<sweep>/<arm>/<seed>
    seeds: dict[str, dict[tuple[str, str], tuple[int, ...]]]  # {scale: {(sweep, arm): its seeds}}
    commands: tuple[str, ...]  # commands that train the runs
    margins: dict[str, str]  # {test, metric and margin: the reason}
    given_up: dict[str, tuple[str, ...]]  # {scale: ids of claims not decidable there}

    def shares(self, other: "Plan", scale: str) -> bool:
        """Whether both plan an arm at `scale` in one folder; beside older seeds of an arm, anything there."""
        if self.runs != other.runs or scale not in other.seeds:
            return False
        return self.runs != RESULTS or bool(self.seeds[scale].keys() & other.seeds[scale].keys())

    def of_claim(self, scale: str, needs: tuple[str, ...], before: tuple["Plan", ...] = ()) -> int:
        """The smallest number of seeds of the arms in `needs`; 0 if one has none, or none is of this round.

        before: earlier rounds, whose arms in the same folder may be compared with those of this one
        """
        if {arm for _, arm in self.seeds[scale]}.isdisjoint(needs):
            return 0
        there = [plan.seeds.get(scale, {}) for plan in (*before, self) if plan.runs == self.runs]
        by_arm = {arm: len(seeds) for of in there for (_, arm), seeds in of.items()}
        return min(by_arm.get(arm, 0) for arm in needs)


@cache
def rounds() -> tuple[Plan, ...]:
    """Read every round. Raises Refused if two plan an arm at one scale in one folder, or a bed of new seeds."""
    found = tuple(map(read, files_of(PAPER)))
    for number, plan in enumerate(found):
        for other in found[:number]:
            if shared := [scale for scale in plan.seeds if plan.shares(other, scale)]:
                raise errors.Refused(
                    f"{plan.files.seeds.name} and {other.files.seeds.name} both plan {', '.join(sorted(shared))} in "
                    f"{plan.runs.relative_to(HOME)}; there a scale belongs to one round"
                )
    return found


def runs() -> Path:
    """The folder of the runs of the first round, and of all with new seeds of older arms."""
    return rounds()[0].runs


def beds() -> tuple[Plan, ...]:
    """The rounds with runs in that folder, judged bed by bed."""
    return tuple(plan for plan in rounds() if plan.runs == runs())


def new_sweeps() -> set[str]:
    """The sweeps whose planned runs are in paper/results: they may have none yet."""
    return {
        sweep
        for plan in rounds()
        if plan.runs == RESULTS
        for arms in plan.seeds.values()
        for sweep, _ in arms
    }


def of_scale(scale: str) -> Plan:
    """The round that plans runs of a bed at `scale`. Raises Refused if none does."""
    known = {its: plan for plan in beds() for its in plan.seeds}
    if scale not in known:
        raise errors.Refused(f"no plan has seeds at {scale}; {errors.nearest(scale, known)}")
    return known[scale]


def read(files: Round) -> Plan:
    """Read one round. Raises Refused if it is missing, has no seeds, or names an unknown arm."""
    path = files.seeds
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
                        f"{where}: {sweep} has no arm {arm}; {errors.nearest(arm, known)}"
                    )
                seeds.setdefault(scale, {})[sweep, arm] = several
        listed = ",".join(map(str, several))
        others = f" place.runs=runs/planned place.shipped={content['runs']}"
        places = "" if HOME / content["runs"] == RESULTS else others  # "": the defaults
        whole = [sweep for sweep, asked in sweeps.items() if asked == "all"]
        chosen = {sweep: asked for sweep, asked in sweeps.items() if asked != "all"}
        some = [f"arm={','.join(arm for asked in chosen.values() for arm in asked)}"]
        commands += [
            " ".join(
                [
                    f"python src/run.py -m sweep={','.join(of)} scale={scale}",
                    *arms,
                    f"seed={listed}{places}",
                ]
            )
            for of, arms in ((list(chosen), some), (whole, []))
            if of
        ]
    given_up = {scale: tuple(ids) for scale, ids in content.get("given_up", {}).items()}
    return Plan(files, HOME / content["runs"], seeds, tuple(commands), content["margins"], given_up)


def arms(scale: str, figures: dict) -> dict[str, Arm]:
    """The arms of the plan's runs at `scale` with all of their seeds; others are left out.

    Raises Unreadable for a seed that the plan does not name; results.read for a run of another plan.
    """
    plan = of_scale(scale)
    here = [sweep for sweep in sweeps_of(figures) if scale_at(sweep, scale) == scale]
    found = read_arms(scale, here, [plan.runs])
    whole = {}
    for name, arm in found.items():
        wanted = set(plan.seeds.get(scale, {}).get((arm.sweep, name), ()))
        for seed in arm.done:
            if seed not in wanted:
                raise Unreadable(
                    f"{name_of(arm.stored[seed].folder)}: {plan.files.seeds.name} has no seed {seed} of {name}; "
                    "move it away"
                )
        if set(arm.seeds) == wanted:
            whole[name] = arm
    return whole


def ledger(scale: str) -> Ledger:
    """The verdicts of the plan's runs at `scale`. Raises Unreadable if a claim's test has changed."""
    figures, plan = load(), of_scale(scale)
    refuse_changed(frozen(plan), plan)
    return join(figures, arms(scale, figures), scale)


def check_results() -> None:
    """Raises Unreadable if a claim differs from a round whose runs are in paper/results."""
    for plan in rounds():
        if plan.runs == RESULTS:
            refuse_changed(frozen(plan), plan)


def refuse_changed(before: dict[str, dict[str, str]], plan: Plan) -> None:
    """Raise Unreadable if a claim differs from `before`, the claims as they were before the runs."""
    for claim in claim_table.every():
        now = dict(zip(claim_table.HEAD, claim_table.row(claim), strict=True))
        for column, was in before.get(claim.id, {}).items():
            if now[column] != was:
                raise Unreadable(
                    f"claim {claim.id} was changed after runs of {plan.files.claims.name}: {column} {was}, "
                    f"now {now[column]}; restore it, or add a claim of another id"
                )


def frozen(plan: Plan) -> dict[str, dict[str, str]]:
    """{id of a claim: its test, metric, margin and arms before the round's runs}.

    Raises Refused if their file is missing.
    """
    path = plan.files.claims
    if not path.is_file():
        raise errors.Refused(f"{path} is not there; restore it")
    with open(path, newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines)}
