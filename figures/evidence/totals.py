"""The count of each verdict: of the papers' claims, and of ours, which are controls and additional questions."""

from collections import Counter
from collections.abc import Iterable

from figures.evidence.claim import WORDS
from figures.evidence.ledger import Judged, Ledger
from figures.screen import line


def told(claims: Iterable[Judged]) -> str:
    """The papers' claims by verdict, then those of ours: 1 holds, 10 undecided; ours: 2 undecided."""
    theirs, ours = words_of(claims)
    return "; ".join([*filter(None, [total(theirs)]), *([f"ours: {total(ours)}"] if ours else [])])


def words_of(claims: Iterable[Judged]) -> tuple[Counter, Counter]:
    """The count of each verdict: of the papers' claims, and of ours."""
    theirs: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    for claim in claims:
        (ours if claim.ours else theirs)[claim.word] += 1
    return theirs, ours


def total(words: Counter) -> str:
    """16 holds, 3 fails, ...; in the order of WORDS."""
    return ", ".join(f"{words[word]} {word}" for word in WORDS if words[word])


def totals(ledgers: Iterable[Ledger]) -> str:
    """The last lines of a command: the verdicts at each scale, of the papers' claims and ours."""
    return "\n".join(line("total", total_of(ledger)) for ledger in ledgers)


def total_of(ledger: Ledger) -> str:
    theirs, ours = words_of(ledger.claims)
    told = [
        f"{whose} {total(words)}" for whose, words in (("papers", theirs), ("ours", ours)) if words
    ]
    return f"{ledger.scale} scale: {'; '.join(told)}"
