"""The ledger: every experiment of the papers with its figure here, claims, verdicts and runs.

figures.evidence.join makes it from paper/experiments.yaml, the claims of figures/ and the available
runs. Everything that is written about the results (paper/claims.md, paper/claims.json, the
README's table, a report, a page) iterates over a Ledger.
"""

from collections import Counter
from dataclasses import dataclass

from figures.evidence.margin import Evidence
from figures.evidence.provenance import Runs


@dataclass(frozen=True)
class Judged:
    """A claim and its verdict at one scale."""

    id: str  # figures.evidence.claim.Claim: unique, and never changed
    kind: str  # one of figures.evidence.claim.KINDS
    says: str
    where: str  # places in the papers; "ours ..." is a control or a question of our own
    figures: tuple[str, ...]  # figures that make it; the first is that of its id, which lists it
    after: bool  # written after runs of its arms had been seen
    arms: tuple[str, ...]  # the arms it compares
    verdict: str  # one of figures.evidence.claim.VERDICTS
    why: str  # the reason, if there is no evidence
    n: tuple[int, ...]  # number of seeds of each arm
    scale: str
    data: str  # the workload of these arms; "" if it is not run
    evidence: Evidence | None  # gap, low, high: the 95 % interval; lowest, highest: the margin

    @property
    def ours(self) -> bool:
        """True for a control or a question of our own, false for a paper's claim."""
        return self.kind != "paper"

    @property
    def found(self) -> str:
        """The gap, its interval and the margin; or why there is no evidence."""
        return str(self.evidence or self.why)

    @property
    def measured(self) -> str:
        """The gap and its interval with their unit; or why there is no evidence."""
        return self.evidence.measured if self.evidence else self.why

    @property
    def answer(self) -> str:
        """The verdict, the claim and its gap in one sentence, for under a figure's title."""
        gap = self.why
        if self.evidence:
            gap = f"{self.evidence.what.capitalize()} {self.measured}, n = {min(self.n)}"
        return f"{self.verdict.capitalize()}: {self.says} {gap}."


@dataclass(frozen=True)
class Shown:
    """A figure or table of figures/."""

    name: str
    question: str
    sweeps: tuple[str, ...]
    arms: tuple[str, ...]  # in the order shown; those with runs are in Ledger.arms
    claims: tuple[Judged, ...]
    command: str  # trains what is missing, draws and evaluates
    answering: str  # id of the claim that answers the question

    @property
    def answer(self) -> str:
        (claim,) = (one for one in self.claims if one.id == self.answering)
        return claim.answer


@dataclass(frozen=True)
class Entry:
    """An experiment of paper/experiments.yaml and its results; our own have the paper "ours"."""

    paper: str  # v2, v1, anil, slides, ours
    id: str  # fig2a
    section: str
    task: str
    dataset: str
    model: str
    claim: str  # in our words; for our own experiments, the question
    hparams: dict
    reported: dict  # numbers printed in the paper
    contradictions: tuple[str, ...]  # ids like C01: Ledger.contradictions, paper/open.md
    figure: str | None  # key of Ledger.figures
    claims: tuple[Judged, ...]  # the claims that name it, including our controls
    command: str  # runs it; "" if nothing here does
    why: str  # the reason, if nothing here runs it

    @property
    def name(self) -> str:
        return f"{self.paper}.{self.id}"

    @property
    def verdicts(self) -> Counter:
        """The count of each verdict: of the paper's claims; for our own experiments, of all."""
        return Counter(
            claim.verdict for claim in self.claims if not claim.ours or self.paper == "ours"
        )


@dataclass(frozen=True)
class Ledger:
    scale: str
    entries: tuple[Entry, ...]  # in the order of paper/experiments.yaml, then ours
    figures: dict[str, Shown]
    arms: dict[str, Runs]  # every arm with a run that a figure shows
    contradictions: dict[str, dict]  # C01: what, a, b, ..., touches

    @property
    def claims(self) -> list[Judged]:
        """Each claim once, under the first of its figures."""
        return [
            c
            for name, figure in self.figures.items()
            for c in figure.claims
            if c.figures[0] == name
        ]

    @property
    def machines(self) -> str:
        return (
            ", ".join(sorted({machine for runs in self.arms.values() for machine in runs.machines}))
            or "none"
        )

    @property
    def commits(self) -> str:
        return (
            ", ".join(sorted({commit for runs in self.arms.values() for commit in runs.commits}))
            or "none"
        )
