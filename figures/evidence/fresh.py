"""Evaluate claims on twelve fresh seeds and write paper/fresh.md.

python -m figures.evidence.fresh. The runs are in paper/fresh, apart from paper/results, and no
figure mixes the two. These commands train and pack them:

    python src/run.py -m sweep=fig1,fig2,fig3,fig7,fig8,fig17 \
        seed=4,5,6,7,8,9,10,11,12,13,14,15 place.runs=runs/fresh
    make ship RUNS=runs/fresh TO=paper/fresh
"""

import sys
from collections import Counter
from collections.abc import Sequence

from codist import errors
from codist.progress import progress
from figures import HOME
from figures.ending import leave
from figures.evidence.consistency import Unreadable
from figures.evidence.family import family
from figures.evidence.join import RESULTS, read
from figures.evidence.ledger import Judged, Ledger
from figures.evidence.summary import AFTER, cost, says
from figures.evidence.totals import counts_text
from figures.screen import digests, written

RUNS, WRITTEN = HOME / "paper" / "fresh", HOME / "paper" / "fresh.md"
HEAD = """# Twelve fresh seeds

<!-- written by make claims, from paper/fresh and paper/results; but for these two paragraphs, which came before the
runs that they announce -->

Three seeds, as the papers have, leave most claims of Figures 1 and 2 undecided. So their arms are trained once more
with seeds 4 to 15, which nobody has seen, by the recipes as they stand; every claim that these arms decide, of
whichever figure, is judged on these twelve alone, by the test and the range that it has. No seed is left out or added,
no claim, range or recipe changed after the first of them; what comes of it is shown whatever it is. Nothing else is
trained with more seeds in this round, since two cores take a day for all.

A second round, announced when the first had been seen: the arms of Figures 3, 7, 8 and 17 that it lacks, the cosine
schedule, the larger network and more models, with the same seeds, in the same way.
"""

Pairs = list[tuple[Judged, Judged]]  # a claim on the papers' three seeds, and on the fresh seeds


def pairs(three: Sequence[Judged], fresh: Sequence[Judged]) -> Pairs:
    """The claims that the fresh runs evaluate."""
    return [
        (before, now) for before, now in zip(three, fresh, strict=True) if now.verdict != "not run"
    ]


def markdown(three: Ledger, fresh: Ledger) -> str:
    found = pairs(three.claims, fresh.claims)
    seeds = ", ".join(map(str, sorted({n for _, now in found for n in now.n})))
    moved = Counter(
        f"from {before.verdict} to {now.verdict}"
        for before, now in found
        if before.verdict != now.verdict
    )
    all_of = family(now.evidence for _, now in found)
    lines = [
        HEAD,
        f"{len(found)} claims: {counts_text(now for _, now in found)}. On seeds 1 to 3 the same were: "
        f"{counts_text(before for before, _ in found)}. "
        f"Changed: {', '.join(f'{n} {how}' for how, n in moved.items())}. "
        f"Of {all_of.decided} decided verdicts, {all_of.kept} remain after Bonferroni correction over these "
        f"{all_of.claims} (5 % family-wise); bit counts are excluded there. Claims marked {AFTER} were written when "
        "runs of seeds 1 to 3 had been seen. Some of them are later than these runs too, and so are the paired and "
        "ranked tests: `git log -p paper/claims.csv` has the dates.\n",
        f"Runs and their time: {cost(fresh, fresh.arms)} of one core, {seeds} seeds an arm; machine: {fresh.machines}; "
        f"commit: {fresh.commits}. To draw a figure from them: `python -m figures fig2 --from paper/fresh`.\n",
        table(found),
    ]
    return "\n".join([*lines, ""])


def table(found: Pairs) -> str:
    lines = [
        "| 3 seeds | 12 fresh | claim | gap of the 3 [95 % interval] | of the fresh | place |",
        "|---" * 6 + "|",
    ]
    for before, now in found:
        cells = (before.verdict, now.verdict, says(now), before.found, now.measured, now.where)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    try:
        before = digests([WRITTEN])
        three, fresh = (read(roots=[root]) for root in progress("verdicts, seeds", (RESULTS, RUNS)))
        WRITTEN.write_text(markdown(three, fresh))
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 2
    print(written("fresh", before, [WRITTEN]))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
