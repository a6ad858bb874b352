"""Verdicts on the plan's runs, bed by bed, and the README's table of them.

python -m figures.evidence.beds writes paper/beds.md, paper/beds.json and the table.
A bed is a scale of two CPU cores: digits (scale=laptop), glyphs_scarce and glyphs_plenty.
"""

import sys
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from codist import errors
from codist.progress import progress
from figures import HOME
from figures.ending import leave
from figures.evidence import bed_verdicts, family, fresh, planned, power
from figures.evidence.consistency import Unreadable
from figures.evidence.findings import MAIN, Finding, bed_name, by_bed, findings, measured
from figures.evidence.join import RESULTS, read
from figures.evidence.ledger import Judged, Ledger
from figures.evidence.summary import put, says
from figures.evidence.totals import counts, total
from figures.screen import digests, written

WRITTEN = HOME / "paper" / "beds.md"
DECIDED = ("fails", "holds")
README = HOME / "README.md"
FILES = (WRITTEN, bed_verdicts.PATH, README)
HEAD = """# Verdicts on new seeds, bed by bed

<!-- written by make claims, from paper/planned -->

Arms, seeds, tests and margins were committed before these runs: [plan.md](plan.md). `laptop` is noisy handwritten
digits, `glyphs_scarce` characters whose noise can be memorized, `glyphs_plenty` characters whose noise is never the
same twice. Round 2 ([plan2.md](plan2.md)) has these with a ResNet-8, and `glyphs`, the settings of `ours_when`.
Accuracy and validation loss are those of 10,800 (digits) and 20,400 (glyphs) validation images, scored once at the end
of a run. These share 360 digits and 150 drawings: no interval includes the variation between validation
sets. A claim is *not run* until all of its seeds are.
"""


POWER = f"""## With which power they stay undecided

*From margin*: distance of the observed gap to the nearer end of its margin (for a ratio, the factor between them).
*Decidable from*: the distance that these seeds decide with a power of {family.percent(power.WANTED)}, whatever the gap;
none, where they are too few for an interval by ranks.
*Power*: the chance that as many new seeds would decide, if the true gap were the observed one.
"""


def ledgers() -> list[Ledger]:
    """The ledger of each bed."""
    scales = [scale for plan in planned.beds() for scale in plan.seeds]
    return [planned.ledger(scale) for scale in progress("verdicts of the plan's runs", scales)]


def markdown(beds: Sequence[Ledger]) -> str:
    lines = [HEAD]
    for bed in beds:
        theirs, ours = counts(bed.claims)
        tried = sum(theirs.values()) - theirs["not run"]
        decided = sum(theirs[verdict] for verdict in DECIDED)
        seconds = sum(arm.core_seconds for arm in bed.arms.values())
        runs = sum(len(arm.seeds) for arm in bed.arms.values())
        share = f" ({100 * decided / tried:.0f} %)" if tried else ""
        lines.append(
            f"- **{bed.scale}**: {runs} runs, {seconds / 3600:.1f} core hours. They evaluate {tried} of the papers' "
            f"{sum(theirs.values())} claims and decide {decided}{share}: {total(theirs)}. Ours: {total(ours)}."
        )
    for number, plan in enumerate(planned.beds(), 1):
        its = [bed for bed in beds if bed.scale in plan.seeds]
        for verdict, title in (
            ("fails", "What failed"),
            ("holds", "What held"),
            ("undecided", "What stays undecided"),
        ):
            found = [same for same in by_claim(its) if any(one.verdict == verdict for one in same)]
            of_round = f", round {number}" if number > 1 else ""
            lines += ["", f"## {title}{of_round}", "", *table(found, its)] if found else []
    lines += powers([one for bed in beds for one in bed.claims if one.verdict == "undecided"])
    return "\n".join([*lines, ""])


def by_claim(beds: Sequence[Ledger]) -> list[tuple[Judged, ...]]:
    """Each claim that any bed evaluates, with its verdict on each bed."""
    every = zip(*(bed.claims for bed in beds), strict=True)
    return [same for same in every if any(one.verdict != "not run" for one in same)]


def powers(undecided: Sequence[Judged]) -> list[str]:
    """The section on the power that the undecided claims had; none without one."""
    rows = []
    for claim in undecided:
        if found := claim.evidence:
            sign = "×" if found.ratio else ""
            off, needed = (
                f"{sign}{distance:.3g}" if isfinite(distance) else "none"
                for distance in (power.to_margin(found), power.detectable(found))
            )
            cells = (claim.id, claim.kind, claim.scale, measured(claim), found.margin, off, needed)
            rows.append("| " + " | ".join((*cells, family.percent(power.power(found)))) + " |")
    head = "| claim | kind | bed | gap | margin | from margin | decidable from | power |"
    return ["", POWER, head, "|---" * 8 + "|", *rows] if rows else []


def table(claims: Sequence[tuple[Judged, ...]], beds: Sequence[Ledger]) -> list[str]:
    names = [bed.scale for bed in beds]
    lines = [
        "| claim | margin | " + " | ".join(names) + " | place |",
        "|---" * (len(names) + 3) + "|",
    ]
    for same in claims:
        found = next(one.evidence for one in same if one.verdict != "not run")
        margin = found.margin if found else ""
        cells = (f"{same[0].says} ({same[0].kind})", margin, *map(cell, same), same[0].where)
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def cell(claim: Judged) -> str:
    """A verdict with its gap, interval and number of seeds: **holds** −0.5 [−0.9, −0.1], n = 16."""
    if claim.verdict == "not run":
        return "not run"
    return f"**{claim.verdict}** {measured(claim)}"


def shipped_findings(on_beds: Sequence[Ledger], results: Sequence[Ledger]) -> dict[str, Finding]:
    """The finding of each claim: digits by the plan's seeds, else the twelve fresh ones, else the papers' three.

    on_beds: of ledgers(). results: the ledgers of paper/results.
    """
    return findings(by_bed(shipped(on_beds, results)))


def shipped(on_beds: Sequence[Ledger], results: Sequence[Ledger]) -> list[Ledger]:
    """All ledgers that ship; on each bed the first that evaluates a claim counts."""
    return [*on_beds, read(roots=[fresh.RUNS]), *results]


def ledgers_of(results: Sequence[Ledger], roots: Sequence[Path]) -> list[Ledger]:
    """The ledgers that count for the runs in `roots`: with those that ship, all that ship in paper/."""
    ships = [root.resolve() for root in roots] == [RESULTS]
    return shipped(ledgers(), results) if ships else list(results)


def findings_of(results: Sequence[Ledger], roots: Sequence[Path]) -> dict[str, Finding]:
    """The finding of each claim by the runs in `roots`."""
    return findings(by_bed(ledgers_of(results, roots)))


def readme_table(found: Mapping[str, Finding]) -> str:
    """The README's table of the claims in MAIN: a column for each bed of the plan's first round."""
    listed = [found[one] for one in MAIN]
    first = {bed_name(scale) for scale in planned.rounds()[0].seeds}
    names = list(dict.fromkeys(name for one in listed for name in one.on if name in first))
    lines = ["| claim | " + " | ".join(names) + " | source |", "|---" * (len(names) + 2) + "|"]
    for one in listed:
        cells = (cell(one.on[name]) if name in one.on else "not run" for name in names)
        lines.append(
            "| "
            + " | ".join((f"{says(one.claim)} {one.about}".rstrip(), *cells, one.claim.where))
            + " |"
        )
    return "\n".join(lines)


def main() -> int:
    try:
        planned.check_results()
        before, beds = digests(FILES), ledgers()
        found = shipped_findings(beds, [read(roots=[RESULTS])])
        WRITTEN.write_text(markdown(beds))
        bed_verdicts.PATH.write_text(bed_verdicts.as_json(beds, found))
        put(readme_table(found), README, "findings")
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 2
    print(written("beds", before, FILES))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
