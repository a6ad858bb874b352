"""Verdicts on the plan's runs, bed by bed, and the README's table of them.

python -m figures.evidence.beds writes paper/beds.md and the table.
A bed is a scale of two CPU cores: digits (scale=laptop), glyphs_scarce and glyphs_plenty.
"""

import sys
from collections.abc import Sequence

from codist import errors
from figures import HOME
from figures.ending import leave
from figures.evidence import fresh, planned
from figures.evidence.consistency import Unreadable
from figures.evidence.join import RESULTS, read
from figures.evidence.ledger import Judged, Ledger
from figures.evidence.summary import put, says
from figures.evidence.totals import counts, total
from figures.screen import digests, written

WRITTEN = HOME / "paper" / "beds.md"
DECIDED = ("fails", "holds")
README = HOME / "README.md"
FILES = (WRITTEN, README)
FINDINGS = (  # ids of the claims that the README shows
    "fig2.underfits_fixed",
    "fig2.underfits_less_decayed",
    "fig2.parity_decayed",
    "fig2.above_alone",
    "fig2.batch_128",
    "fig2.batch_1024",
    "fig1.up_to_1000",
    "fig3.above_larger",
    "fig7.nearer",
    "fig16.lead_grows",
    "fig17.nway_4_half",
    "fig4.parity",
)
HEAD = """# Verdicts on new seeds, bed by bed

<!-- written by make claims, from paper/planned -->

Arms, seeds, tests and margins were committed before these runs: [plan.md](plan.md). `laptop` is noisy handwritten
digits, `glyphs_scarce` characters whose noise can be memorized, `glyphs_plenty` characters whose noise is never the
same twice. Round 2 ([plan2.md](plan2.md)) has these with a ResNet-8, and `glyphs`, the settings of `ours_when`.
Accuracy and validation loss are those of 10,800 (digits) and 20,400 (glyphs) validation images, scored once at the end
of a run. These share 360 digits and 150 drawings: no interval includes the variation between validation
sets. A claim is *not run* until all of its seeds are.
"""


def ledgers() -> list[Ledger]:
    """The ledger of each bed."""
    return [planned.ledger(scale) for plan in planned.rounds() for scale in plan.seeds]


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
            f"- **{bed.scale}**: {tried} of the papers' {sum(theirs.values())} claims were run, {decided} are decided"
            f"{share}: {total(theirs)}; ours: {total(ours)}. {runs} runs, {seconds / 3600:.1f} core hours."
        )
    for number, plan in enumerate(planned.rounds(), 1):
        its = [bed for bed in beds if bed.scale in plan.seeds]
        for verdict, title in (
            ("fails", "What failed"),
            ("holds", "What held"),
            ("undecided", "What stays undecided"),
        ):
            found = [same for same in by_claim(its) if any(one.verdict == verdict for one in same)]
            of_round = f", round {number}" if number > 1 else ""
            lines += ["", f"## {title}{of_round}", "", *table(found, its)] if found else []
    return "\n".join([*lines, ""])


def by_claim(beds: Sequence[Ledger]) -> list[tuple[Judged, ...]]:
    """Each claim that any bed evaluates, with its verdict on each bed."""
    every = zip(*(bed.claims for bed in beds), strict=True)
    return [same for same in every if any(one.verdict != "not run" for one in same)]


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
    return f"**{claim.verdict}** {claim.measured}, n = {min(claim.n)}"


def findings(digits: Sequence[Ledger], glyphs: Sequence[Ledger]) -> str:
    """The README's table of FINDINGS: a column for digits and one for each other bed.

    digits: ledgers of runs on digits; the first that evaluates a claim counts.
    """
    names = ["digits", *(bed.scale.replace("_", ", ") for bed in glyphs)]
    lines = ["| claim | " + " | ".join(names) + " | source |", "|---" * (len(names) + 2) + "|"]
    for one in FINDINGS:
        on_digits, *others = (
            next(claim for claim in bed.claims if claim.id == one) for bed in (*digits, *glyphs)
        )
        found = [on_digits, *others[: len(digits) - 1]]
        first = next((claim for claim in found if claim.verdict != "not run"), on_digits)
        cells = map(cell, (first, *others[len(digits) - 1 :]))
        margin = f" (margin {first.evidence.margin})" if first.evidence else ""
        lines.append("| " + " | ".join((says(first) + margin, *cells, first.where)) + " |")
    return "\n".join(lines)


def readme_table(beds: Sequence[Ledger]) -> str:
    """The README's table: digits by the plan's seeds, else the twelve fresh ones, else the papers' three."""
    digits = [bed for bed in beds if bed.scale == "laptop"]
    digits += [read(roots=[fresh.RUNS]), read(roots=[RESULTS])]
    three = planned.of_scale("laptop").seeds
    return findings(digits, [bed for bed in beds if bed.scale in three and bed.scale != "laptop"])


def main() -> int:
    try:
        before, beds = digests(FILES), ledgers()
        WRITTEN.write_text(markdown(beds))
        put(readme_table(beds), README, "findings")
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 2
    print(written("beds", before, FILES))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
