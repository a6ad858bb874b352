"""The ledger: every experiment of the papers, the figure that repeats it here, its claims, their verdicts, their runs.

`read()` joins paper/experiments.yaml with what figures/ claims and with the runs that are there.
Whatever is written about the results (paper/claims.md, paper/claims.json, the README's table, a
report, a page) iterates over a Ledger.
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
    where: str  # its places in the papers; "ours ..." is a control or a question of our own
    figures: tuple[str, ...]  # that make it: the first one is where it is listed
    after: bool  # written when runs of its arms had been seen
    arms: tuple[str, ...]  # that it compares
    word: str  # one of figures.evidence.claim.WORDS
    why: str  # where there is no evidence to show, what is in the way
    n: tuple[int, ...]  # seeds of each of the arms
    scale: str
    evidence: Evidence | None  # gap, low, high: the 95 % interval; lowest, highest: the margin

    @property
    def ours(self) -> bool:
        """A control or a question of our own, not a sentence of a paper."""
        return self.kind != "paper"

    @property
    def found(self) -> str:
        """The gap, its interval and the margin; or what is in the way."""
        return str(self.evidence or self.why)

    @property
    def measured(self) -> str:
        """The same without the margin."""
        return self.evidence.measured if self.evidence else self.why


@dataclass(frozen=True)
class Shown:
    """A figure or table of figures/."""

    name: str
    question: str
    sweeps: tuple[str, ...]
    arms: tuple[str, ...]  # that it shows, in its order; those that were run are in Ledger.arms
    claims: tuple[Judged, ...]
    command: str  # that trains what is missing, draws and judges


@dataclass(frozen=True)
class Entry:
    """An experiment as paper/experiments.yaml has it, and what became of it here. Of our own, paper is "ours"."""

    paper: str  # v2, v1, anil, slides, ours
    id: str  # fig2a
    section: str
    task: str
    dataset: str
    model: str
    claim: str  # in our words; of ours the question
    hparams: dict
    reported: dict  # numbers that the paper prints
    contradictions: tuple[str, ...]  # C01 ... that touch it: Ledger.contradictions, paper/open.md
    figure: str | None  # in Ledger.figures
    claims: tuple[Judged, ...]  # those that name it; controls of ours among them
    command: str  # that runs it; "" where nothing here does
    why: str  # where nothing here runs it, what is in the way

    @property
    def name(self) -> str:
        return f"{self.paper}.{self.id}"

    @property
    def words(self) -> Counter:
        """The count of each verdict, of the paper's own claims; of ours all."""
        return Counter(
            claim.word for claim in self.claims if not claim.ours or self.paper == "ours"
        )


@dataclass(frozen=True)
class Ledger:
    scale: str
    entries: tuple[Entry, ...]  # in the order of paper/experiments.yaml, then ours
    figures: dict[str, Shown]
    arms: dict[str, Runs]  # of every arm that was run and that a figure shows
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
    """The ledger of the runs in `roots`, the first that has a run counts; of the figures `names` only where given."""
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
    entries = [entry_of(said, shown) for said in papers["experiments"]]
    theirs = {experiments.figure_of(said) for said in papers["experiments"]}
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


def entry_of(said: dict, shown: dict[str, Shown]) -> Entry:
    name = experiments.figure_of(said)
    figure = shown.get(name) if name else None
    command, why = (
        (figure.command, "")
        if figure
        else ("", said.get("not_run", f"figures/{name}.py is not written"))
    )
    return Entry(
        said["paper"], said["id"], str(said["section"]), said["task"], flat(said["dataset"]), flat(said["model"]),
        said["claim"], said["hparams"], said["reported"], experiments.contradictions(said), name if figure else None,
        claims_of(said, figure, shown), command, why,
    )  # fmt: skip


def entry_of_ours(figure: Shown) -> Entry:
    short = figure.name.removeprefix("ours_")
    return Entry("ours", short, "", "", "", "", figure.question, {}, {}, (), figure.name, figure.claims, figure.command,
                 "")  # fmt: skip


def claims_of(said: dict, figure: Shown | None, shown: dict[str, Shown]) -> tuple[Judged, ...]:
    """The claims that name the experiment, of whichever figure; of its own figure also those that name the one it is
    the same as, and all where it fills the figure alone."""
    if figure is None:
        return ()
    alone, twin = experiments.is_all_of(said, figure.name), experiments.twin(said)
    own = [
        claim for claim in figure.claims if alone or (twin and experiments.names(claim.where, twin))
    ]
    named = [
        claim
        for other in shown.values()
        for claim in other.claims
        if experiments.names(claim.where, said)
    ]
    return tuple({id(claim): claim for claim in (*own, *named)}.values())


def flat(words: str | list[str]) -> str:
    return words if isinstance(words, str) else ", ".join(words)
