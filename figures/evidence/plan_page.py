"""Write the plan for readers, paper/plan.md, and freeze the claims' tests in paper/plan.csv.

python -m figures.evidence.plan_page; with --commands it prints the commands that train the runs.
"""

import csv
import sys
from io import StringIO

from codist import errors
from figures import HOME
from figures.ending import leave
from figures.evidence import claim_table, planned
from figures.evidence.claim import Claim
from figures.evidence.planned import FILE, Plan

WRITTEN = HOME / "paper" / "plan.md"
FROZEN = ("id", "kind", "test", "metric", "margin", "arms")  # columns of plan.csv


def markdown() -> str:
    """The text of plan.md: commands, and each claim's arms, seeds, test and margin at each scale."""
    plan = planned.read()
    head = [line.removeprefix("#").removeprefix(" ") for line in FILE.read_text().splitlines()]
    lines = [
        "# The plan",
        "",
        "<!-- written by python -m figures.evidence.plan_page, from plan.yaml and plan.csv -->",
        "",
        *head[: head.index("")],
        "",
        "```bash",
        *plan.commands,
        "```",
        "",
    ]
    for scale in plan.seeds:
        rows = [row(claim, plan, scale) for claim in claim_table.every()]
        judged = [cells for cells in rows if cells[2] != "0"]
        lines += [f"## {scale}: {len(judged)} of {len(rows)} claims", ""]
        lines += [
            "| claim | arms | seeds | test | metric | margin | its reason |",
            "|---" * 7 + "|",
        ]
        lines += ["| " + " | ".join(cells) + " |" for cells in judged]
        if given := plan.given_up.get(scale):
            lines += ["", f"Not decidable with fewer than 200 seeds: {', '.join(given)}."]
        lines.append("")
    return "\n".join(lines)


def row(claim: Claim, plan: Plan, scale: str) -> tuple[str, ...]:
    test, metric, margin = claim_table.test_of(claim)
    of = plan.of_claim(scale, claim.needs)
    return (
        claim.id,
        " ".join(claim.needs),
        str(of),
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
        f"{FILE.name} has no reason for the margin {keys[0]}; add it under margins"
    )


def claims() -> str:
    """The text of plan.csv: claims.csv without the sentences, which may be reworded."""
    lines = StringIO()
    table = csv.DictWriter(lines, FROZEN, lineterminator="\n", extrasaction="ignore")
    table.writeheader()
    table.writerows(csv.DictReader(StringIO(claim_table.text())))
    return lines.getvalue()


def main() -> int:
    try:
        if sys.argv[1:] == ["--commands"]:
            print("\n".join(planned.read().commands))
        else:
            if not planned.read().runs.exists():  # before the first run only
                planned.CLAIMS.write_text(claims())
            WRITTEN.write_text(markdown())
            print(WRITTEN.relative_to(HOME))
    except errors.Refused as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    leave(main)
