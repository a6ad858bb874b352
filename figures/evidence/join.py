"""Join the papers' experiments, the claims of figures/ and the available runs to a Ledger."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from figures.evidence import experiments
from figures.evidence.arm import Arm
from figures.evidence.claim import Claim
from figures.evidence.ledger import Entry, Judged, Ledger, Shown
from figures.evidence.names import NAMES, answering, arms_read, load, reads, sweeps_of, title
from figures.evidence.provenance import runs_of
from figures.evidence.results import RESULTS
from figures.evidence.results import read as read_arms


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
                    f"make {name}" + (f" SCALE={scale}" if scale != "laptop" else ""), answering(module))
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
        # first the figure of its id, which lists the claim
        names.sort(key=lambda name: not claim.id.startswith(f"{name}."))
        v = claim.verdict(arms)
        run = [arms[arm] for arm in claim.needs] if v.n else []
        data = ", ".join(sorted({arm.config["workload"]["name"] for arm in run}))
        found[key] = Judged(claim.id, claim.kind, claim.sentence, claim.where, tuple(names), claim.after, claim.needs,
                            v.verdict, v.why, v.n, v.scale, data, v.evidence)  # fmt: skip
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
    every = [claim for other in shown.values() for claim in other.claims]
    places = {
        where for where in {claim.where for claim in every} if experiments.names(where, record)
    }
    named = [claim for claim in every if claim.where in places]
    return tuple({id(claim): claim for claim in (*own, *named)}.values())


def flat(text: str | list[str]) -> str:
    return text if isinstance(text, str) else ", ".join(text)
