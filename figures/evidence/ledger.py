"""The ledger: every experiment of the papers with its figure here, claims, verdicts and runs.

`read()` joins paper/experiments.yaml with the claims of figures/ and with the available runs.
Everything that is written about the results (paper/claims.md, paper/claims.json, the README's
table, a report, a page) iterates over a Ledger.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from figures import HOME
from figures.evidence import experiments
from figures.evidence.claim import Claim, Evidence
from figures.evidence.names import NAMES, arms_read, load, reads, sweeps_of, title
from figures.evidence.provenance import Runs, runs_of
from figures.evidence.results import Arm
from figures.evidence.results import read as read_arms

RESULTS = HOME / "paper" / "results"


@dataclass(frozen=True)
class Judged:
    """A claim and its verdict at one scale."""

    id: str  # figures.evidence.claim.Claim: unique, and never changed
    kind: str  # one of figures.evidence.claim.KINDS
    says: str
    where: str  # places in the papers; "ours ..." is a control or a question of our own
    figures: tuple[str, ...]  # figures that make it; it is listed under the first
    after: bool  # written after runs of its arms had been seen
    arms: tuple[str, ...]  # the arms it compares
    word: str  # one of figures.evidence.claim.WORDS
    why: str  # the reason, if there is no evidence
    n: tuple[int, ...]  # number of seeds of each arm
    scale: str
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
        """The gap and its interval; or why there is no evidence."""
        return self.evidence.measured if self.evidence else self.why


@dataclass(frozen=True)
class Shown:
    """A figure or table of figures/."""

    name: str
    question: str
    sweeps: tuple[str, ...]
    arms: tuple[str, ...]  # in the order shown; those with runs are in Ledger.arms
    claims: tuple[Judged, ...]
    command: str  # trains what is missing, draws and evaluates


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
    def words(self) -> Counter:
        """The count of each verdict: of the paper's claims; for our own experiments, of all."""
        return Counter(
            claim.word for claim in self.claims if not claim.ours or self.paper == "ours"
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
        """Each claim once, under the first figure that makes it."""
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


def read(
    scale: str = "laptop", roots: Sequence[Path] = (RESULTS,), names: Sequence[str] = NAMES
) -> Ledger:
    """Read the ledger of figures `names` from `roots`; each run from the first root that has it."""
    figures = load(names)
    return join(figures, read_arms(scale, sweeps_of(figures), list(roots)), scale)


def join(figures: dict[str, ModuleType], arms: dict[str, Arm], scale: str) -> Ledger:
    judged = judge(figures, arms)
    shown = {
        name: Shown(name, title(module), tuple(reads(module)), arms_read(module),
                    tuple(judged[id(c)] for c in module.CLAIMS),
                    f"make {name}" + (f" SCALE={scale}" if scale != "laptop" else ""))
        for name, module in figures.items()
    }  # fmt: skip
    asked = {name for figure in shown.values() for name in figure.arms}
    papers = experiments.read()
    entries = [entry_of(record, shown) for record in papers["experiments"]]
    theirs = {experiments.figure_of(record) for record in papers["experiments"]}
    ours = [entry_of_ours(figure) for name, figure in shown.items() if name not in theirs]
    runs = {name: runs_of(arm) for name, arm in arms.items() if name in asked}
    return Ledger(
        scale, (*entries, *ours), shown, runs, {c["id"]: c for c in papers["contradictions"]}
    )


def judge(figures: dict[str, ModuleType], arms: dict[str, Arm]) -> dict[int, Judged]:
    """{id of a claim: its verdict}; figures may share a claim, and it is evaluated once."""
    made: dict[int, tuple[list[str], Claim]] = {}
    for name, module in figures.items():
        for claim in module.CLAIMS:
            made.setdefault(id(claim), ([], claim))[0].append(name)
    found = {}
    for key, (names, claim) in made.items():
        v = claim.verdict(arms)
        found[key] = Judged(claim.id, claim.kind, claim.says, claim.where, tuple(names), claim.after, claim.needs,
                            v.word, v.why, v.n, v.scale, v.evidence)  # fmt: skip
    return found


def entry_of(record: dict, shown: dict[str, Shown]) -> Entry:
    name = experiments.figure_of(record)
    figure = shown.get(name) if name else None
    command, why = (
        (figure.command, "")
        if figure
        else ("", record.get("not_run", f"figures/{name}.py is not written"))
    )
    return Entry(
        record["paper"],
        record["id"],
        str(record["section"]),
        record["task"],
        flat(record["dataset"]),
        flat(record["model"]),
        record["claim"],
        record["hparams"],
        record["reported"],
        experiments.contradictions(record),
        name if figure else None,
        claims_of(record, figure, shown),
        command,
        why,
    )


def entry_of_ours(figure: Shown) -> Entry:
    short = figure.name.removeprefix("ours_")
    return Entry("ours", short, "", "", "", "", figure.question, {}, {}, (), figure.name, figure.claims, figure.command,
                 "")  # fmt: skip


def claims_of(record: dict, figure: Shown | None, shown: dict[str, Shown]) -> tuple[Judged, ...]:
    """The claims of any figure that name the experiment.

    Its own figure's claims count also if they name its twin (`same_as`), or if the experiment is
    the only one of the figure.
    """
    if figure is None:
        return ()
    only, twin = experiments.is_all_of(record, figure.name), experiments.twin(record)
    own = [
        claim for claim in figure.claims if only or (twin and experiments.names(claim.where, twin))
    ]
    named = [
        claim
        for other in shown.values()
        for claim in other.claims
        if experiments.names(claim.where, record)
    ]
    return tuple({id(claim): claim for claim in (*own, *named)}.values())


def flat(text: str | list[str]) -> str:
    return text if isinstance(text, str) else ", ".join(text)
