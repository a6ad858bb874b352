"""The subjects of cards: each figure at each scale, and each experiment without a figure."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from figures import HOME
from figures.evidence.claim import VERDICTS
from figures.evidence.findings import Finding
from figures.evidence.ledger import Entry, Judged, Ledger, Shown
from figures.evidence.results import REPORTED

OPEN = HOME / "paper" / "open.md"
# groups: contradiction, the papers, what we chose, how to switch
ROW = re.compile(r"\| (C\d+) \| (.*?) \| (.*?) \| (.*?) \|")


@dataclass(frozen=True)
class Subject:
    ledger: Ledger
    entries: tuple[
        Entry, ...
    ]  # the experiments that the figure repeats, or the one without a figure
    figure: Shown | None
    findings: Mapping[str, Finding]  # {id of a claim: its verdict on each bed}

    @property
    def name(self) -> str:
        return self.figure.name if self.figure else self.entries[0].name

    @property
    def id(self) -> str:
        return f"{self.ledger.scale}/{self.name}" if self.figure else self.name

    @property
    def papers(self) -> list[str]:
        return list(dict.fromkeys(entry.paper for entry in self.entries))

    @property
    def question(self) -> str:
        """The question, with a capital."""
        text = self.figure.question if self.figure else self.entries[0].claim
        return text[:1].upper() + text[1:]

    @property
    def claims(self) -> list[Judged]:
        """The figure's claims; for an experiment without a figure, the claims that name it."""
        return list(self.figure.claims) if self.figure else self.named

    @property
    def named(self) -> list[Judged]:
        """The claims of any figure that name its experiments, each once."""
        return list({id(c): c for entry in self.entries for c in entry.claims}.values())

    @property
    def verdicts(self) -> Counter:
        return Counter(claim.verdict for claim in self.claims) or Counter({VERDICTS[-1]: 1})

    @property
    def alt(self) -> str:
        """The alt text of the picture: the question and its answer."""
        found = self.figure.answer if self.figure else "Not run."
        return f"{self.question.rstrip('.')}{'' if self.question.endswith('?') else '.'} {found}"

    @property
    def run(self) -> bool:
        return bool(self.figure) and any(arm in self.ledger.arms for arm in self.figure.arms)

    @property
    def answering(self) -> tuple[str, ...]:
        """The arms with runs that the figure's answer compares."""
        if self.figure is None:
            return ()
        (claim,) = (one for one in self.figure.claims if one.id == self.figure.answering)
        return tuple(arm for arm in claim.arms if arm in self.ledger.arms)

    @property
    def contradictions(self) -> list[str]:
        return sorted({name for entry in self.entries for name in entry.contradictions})


def subjects(
    ledgers: Sequence[Ledger], findings: Mapping[str, Finding]
) -> dict[str, list[Subject]]:
    """{paper: its subjects}, in the ledger's order; a figure is listed under its first paper."""
    found: dict[str, list[Subject]] = {}
    for ledger in ledgers:
        for name, figure in ledger.figures.items():
            entries = tuple(entry for entry in ledger.entries if entry.figure == name)
            found.setdefault(entries[0].paper, []).append(
                Subject(ledger, entries, figure, findings)
            )
    for entry in ledgers[0].entries:
        if entry.figure is None:
            found.setdefault(entry.paper, []).append(Subject(ledgers[0], (entry,), None, findings))
    order = list(dict.fromkeys(entry.paper for entry in ledgers[0].entries))
    return {paper: found[paper] for paper in order if paper in found}


def reported(subject: Subject) -> Iterator[dict]:
    """The reported numbers of a subject: rows of paper/reported.csv."""
    names = {(entry.paper, entry.id) for entry in subject.entries}
    yield from (row for row in printed() if (row["source"], row["figure"]) in names)


@cache
def printed() -> list[dict]:
    with open(REPORTED, newline="") as lines:
        return list(csv.DictReader(lines))


@cache
def chosen() -> dict[str, tuple[str, str]]:
    """Read {C01: (what we chose, how to switch)} from paper/open.md."""
    return {
        row[1]: (row[3], row[4]) for row in map(ROW.fullmatch, OPEN.read_text().splitlines()) if row
    }
