"""Counts of verdicts: of the papers' claims, and of ours (controls and additional questions)."""

from collections import Counter
from collections.abc import Iterable

from figures.evidence.claim import WORDS
from figures.evidence.ledger import Judged, Ledger
from figures.screen import line


def told(claims: Iterable[Judged]) -> str:
    """Counts as text, the papers' claims first: 1 holds, 10 undecided; ours: 2 undecided."""
    theirs, ours = words_of(claims)
    return "; ".join([*filter(None, [total(theirs)]), *([f"ours: {total(ours)}"] if ours else [])])


def words_of(claims: Iterable[Judged]) -> tuple[Counter, Counter]:
    """Count each verdict: (of the papers' claims, of ours)."""
    theirs: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for claim in claims:
        (ours if claim.ours else theirs)[claim.word] += 1
    return theirs, ours


def total(counts: Counter) -> str:
    """Counts as text in the order of WORDS: 16 holds, 3 fails, ..."""
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in WORDS if counts[verdict])


def totals(ledgers: Iterable[Ledger]) -> str:
    """The last lines of a command: counts of verdicts at each scale."""
    return "\n".join(line("total", total_of(ledger)) for ledger in ledgers)


def total_of(ledger: Ledger) -> str:
    theirs, ours = words_of(ledger.claims)
    parts = [
        f"{whose} {total(counts)}"
        for whose, counts in (("papers", theirs), ("ours", ours))
        if counts
    ]
    return f"{ledger.scale} scale: {'; '.join(parts)}"
