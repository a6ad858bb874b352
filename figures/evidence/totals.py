"""Counts of verdicts: of the papers' claims, and of ours (controls and additional questions)."""

from collections import Counter
from collections.abc import Iterable

from figures.evidence.claim import VERDICTS
from figures.evidence.ledger import Judged, Ledger
from figures.screen import line


def counts_text(claims: Iterable[Judged]) -> str:
    """Counts as text, the papers' claims first: 1 holds, 10 undecided; ours: 2 undecided."""
    theirs, ours = counts(claims)
    return "; ".join([*filter(None, [total(theirs)]), *([f"ours: {total(ours)}"] if ours else [])])


def counts(claims: Iterable[Judged]) -> tuple[Counter, Counter]:
    """Count each verdict: (of the papers' claims, of ours)."""
    theirs: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for claim in claims:
        (ours if claim.ours else theirs)[claim.verdict] += 1
    return theirs, ours


def total(of: Counter) -> str:
    """Counts as text in the order of VERDICTS: 16 holds, 3 fails, ..."""
    return ", ".join(f"{of[verdict]} {verdict}" for verdict in VERDICTS if of[verdict])


def totals(ledgers: Iterable[Ledger]) -> str:
    """The last lines of a command: counts of verdicts at each scale."""
    return "\n".join(line("total", total_of(ledger)) for ledger in ledgers)


def total_of(ledger: Ledger) -> str:
    theirs, ours = counts(ledger.claims)
    parts = [f"{whose} {total(of)}" for whose, of in (("papers", theirs), ("ours", ours)) if of]
    return f"{ledger.scale} scale: {'; '.join(parts)}"
