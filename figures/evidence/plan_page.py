"""Write each round of the plan for readers, as paper/plan.md, and freeze the claims' tests in paper/plan.csv.

python -m figures.evidence.plan_page; with --commands it prints the commands that train the runs,
with --overrides <figure> the scale and seeds of a figure whose sweep names its own scale.
The second round's files are plan2.md and plan2.csv, and so on.
"""

import csv
import sys
from io import StringIO
from pathlib import Path

from codist import errors
from figures import HOME
from figures.ending import leave
from figures.evidence import claim_table, names, planned
from figures.evidence.claim import Claim
from figures.evidence.planned import Plan

FROZEN = ("id", "kind", "test", "metric", "margin", "arms")  # columns of plan.csv


def page_of(plan: Plan) -> Path:
    return plan.files.seeds.with_suffix(".md")


def markdown(plan: Plan) -> str:
    """The text of plan.md: commands, and each claim's arms, seeds, test and margin at each scale."""
    seeds, table = plan.files
    head = [line.removeprefix("#").removeprefix(" ") for line in seeds.read_text().splitlines()]
    number = seeds.stem.removeprefix("plan")
    lines = [
        f"# The plan, round {number}" if number else "# The plan",
        "",
        f"<!-- written by python -m figures.evidence.plan_page, from {seeds.name} and {table.name} -->",
        "",
        *head[: head.index("")],
        "",
        "```bash",
        *plan.commands,
        "```",
        "",
    ]
    frozen = planned.frozen(plan)  # later claims are not judged by this round
    before = planned.rounds()[: planned.rounds().index(plan)]
    for scale in plan.seeds:
        claims = [claim for claim in claim_table.every() if claim.id in frozen]
        several = {claim.id: plan.of_claim(scale, claim.needs, before) for claim in claims}
        judged = [row(claim, plan, several[claim.id]) for claim in claims if several[claim.id]]
        lines += [f"## {scale}: {len(judged)} of {len(claims)} claims", ""]
        lines += [
            "| claim | arms | seeds | test | metric | margin | its reason |",
            "|---" * 7 + "|",
        ]
        lines += ["| " + " | ".join(cells) + " |" for cells in judged]
        if given := plan.given_up.get(scale):
            lines += ["", f"Not decidable with fewer than 200 seeds: {', '.join(given)}."]
        lines.append("")
    return "\n".join(lines)


def row(claim: Claim, plan: Plan, seeds: int) -> tuple[str, ...]:
    test, metric, margin = claim_table.test_of(claim)
    return (
        claim.id,
        names.shortened(claim.needs),
        str(seeds),
        test,
        metric,
        margin,
        reason(plan, test, metric, margin),
    )


def reason(plan: Plan, test: str, metric: str, margin: str) -> str:
    """The reason for a margin. Raises Refused if the plan gives none."""
    name = test.split()[0].partition("(")[0]  # without "paired", "ranked" and options
    keys = " ".join(filter(None, (name, metric, margin))), f"{name} {margin}"
    for key in keys:
        if key in plan.margins:
            return plan.margins[key]
    if not margin or margin == "0":
        return "the test compares two gaps or curves, and names a direction only"
    raise errors.Refused(
        f"{plan.files.seeds.name} has no reason for the margin {keys[0]}; add it under margins"
    )


def claims() -> str:
    """The text of plan.csv: claims.csv without the sentences, which may be reworded."""
    lines = StringIO()
    table = csv.DictWriter(lines, FROZEN, lineterminator="\n", extrasaction="ignore")
    table.writeheader()
    table.writerows(csv.DictReader(StringIO(claim_table.text())))
    return lines.getvalue()


def overrides(figure: str) -> str:
    """The overrides that train a figure at the scale that its sweep names.

    They have the plan's seeds, unless the runs are in paper/results: those have the seeds of their sweep.
    """
    scale = names.scale_at(figure, names.LAPTOP)
    seeds = sorted(
        {
            seed
            for plan in planned.beds()
            for (sweep, _), several in plan.seeds.get(scale, {}).items()
            if sweep == figure
            for seed in several
        }
    )
    return f"scale={scale}" + (f" seed={','.join(map(str, seeds))}" if seeds else "")


def begun(plan: Plan) -> bool:
    """True if a run of the round is there, packed or not: its claims must no longer change."""
    return any(
        any((plan.runs / scale).glob(of))
        for scale, arms in plan.seeds.items()
        for sweep, _ in arms
        for of in (sweep, f"{sweep}.*")
    )


def main() -> int:
    try:
        if sys.argv[1:] == ["--commands"]:
            print("\n".join(command for plan in planned.rounds() for command in plan.commands))
        elif sys.argv[1:2] == ["--overrides"] and len(sys.argv) == 3:
            print(overrides(sys.argv[2]))
        else:
            for plan in planned.rounds():
                if not begun(plan):
                    plan.files.claims.write_text(claims())
                page_of(plan).write_text(markdown(plan))
                print(page_of(plan).relative_to(HOME))
    except errors.Refused as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main)
