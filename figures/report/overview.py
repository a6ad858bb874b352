"""The report's overview: tables of verdicts, failed claims, controls, not run, contradictions."""

import re
from collections.abc import Callable, Iterable

from figures import HOME
from figures.drawing.latex import broken, code, columns, marked, table, text
from figures.evidence import experiments
from figures.evidence import summary as report
from figures.evidence.claim import VERDICTS
from figures.evidence.consistency import Unreadable
from figures.evidence.ledger import Judged
from figures.report.material import Material
from figures.report.sections import place
from figures.report.verdicts import coloured, measured_on

OPEN = HOME / "paper" / "open.md"
PAPERS = {"v2": "v2", "v1": "v1", "anil": "Anil", "slides": "slides"}


def papers(material: Material) -> str:
    """Per paper: the number of experiments, those with a figure, verdicts at each scale."""
    rows = []
    for scale, ledger in material.ledgers.items():
        theirs = [claim for claim in ledger.claims if not claim.ours]
        for paper, name in PAPERS.items():
            entries = [entry for entry in ledger.entries if entry.paper == paper]
            of = [claim for claim in theirs if name in experiments.PAPER.findall(claim.where)]
            figure = sum(entry.figure is not None for entry in entries)
            rows.append((scale, name, str(len(entries)), str(figure), *counted(of)))
        rows.append(
            (scale, "ours", "", "", *counted([claim for claim in ledger.claims if claim.ours]))
        )
        rows.append(
            (
                scale,
                "each claim once",
                str(sum(e.paper != "ours" for e in ledger.entries)),
                str(sum(e.paper != "ours" and e.figure is not None for e in ledger.entries)),
                *counted(ledger.claims),
            )
        )
    head = (
        "scale",
        "paper",
        "experiments",
        "with a figure here",
        *(coloured(verdict) for verdict in VERDICTS),
    )
    return table("llrrrrrr", head, rows)


def counted(claims: Iterable[Judged]) -> list[str]:
    return report.cells(claims)


def index(material: Material) -> str:
    """Per figure: its question, verdicts and cost at each scale."""
    rows = []
    for name, figure in material.first.figures.items():
        for ledger in material.ledgers.values():
            cells = (rf"\hyperref[{name}]{{{code(name)}}}", text(figure.question))
            link, question = cells if ledger is material.first else ("", "")
            runs, _, time = report.cost(ledger, figure.arms).partition(", ")
            took = [text(runs), text(time)] if runs != "0" else ["", ""]
            scale = [ledger.scale] if len(material.ledgers) > 1 else []
            rows.append(
                [link, question, *scale, *report.by_paper(ledger.figures[name].claims), *took]
            )
    scale = ["scale"] if len(material.ledgers) > 1 else []
    head = [
        "figure",
        "what it asks",
        *scale,
        *(coloured(verdict) for verdict in VERDICTS),
        "ours",
        "runs",
        "core time",
    ]
    return table(
        columns(2.9, 5.8 - 1.0 * len(scale), *"l" * len(scale), *"rrrr", 2.0, *"rr"),
        head,
        rows,
        long=True,
    )


def listed(material: Material, which: Callable[[Judged], bool]) -> str:
    """The claims that `which` selects on any bed, with the figure that makes them and these beds."""
    rows = []
    for one in material.found.values():
        if beds := {name: claim for name, claim in one.named.items() if which(claim)}:
            link = rf"\hyperref[{one.figure}]{{{code(one.figure)}}}"
            rows.append((link, broken(one.sentence), measured_on(beds), broken(one.claim.where)))
    head = ("figure", "claim", "verdict and gap [interval]", "place")
    return table(columns(2.1, 6.0, 6.6, 2.2), head, rows, long=True) if rows else r"None.\par"


def fails(material: Material) -> str:
    return listed(material, failed)


def failed(claim: Judged) -> bool:
    return claim.verdict == "fails"


def controls(material: Material) -> str:
    """Our controls that do not hold: a simpler explanation of a paper's claim was not excluded."""
    return listed(
        material, lambda claim: claim.kind == "control" and claim.verdict in VERDICTS[1:3]
    )


def not_run(material: Material) -> str:
    """Experiments without a run at any scale: the reason, and the command that runs them."""
    rows = []
    for entry in material.first.entries:
        if entry.figure is None or not material.shown(entry.figure):
            why = entry.why or "its results are not shipped yet"
            name = place(entry) if entry.paper != "ours" else f"ours {entry.id}"
            rows.append((text(name), marked(why), code(entry.command) if entry.command else ""))
    return table(columns(4.2, 8.8, 3.4), ("experiment", "why not", "command"), rows, long=True)


def contradictions(material: Material) -> str:
    """The papers' contradictions, and what we chose."""
    chosen = choices()
    if missing := [name for name in material.first.contradictions if name not in chosen]:
        raise Unreadable(
            f"paper/open.md lacks contradiction {missing[0]} of paper/experiments.yaml; add its row"
        )
    rows = [
        (rf"\hypertarget{{{name}}}{{{name}}}", *map(marked, chosen[name]))
        for name in material.first.contradictions
    ]
    return table(
        columns("l", 6.2, 5.5, 3.8), ("", "the papers", "we chose", "to switch"), rows, long=True
    )


def choices() -> dict[str, tuple[str, str, str]]:
    """Read {C01: (what the papers say, what we chose, how to switch)} from paper/open.md."""
    lines = re.findall(r"^\| (C\d\d) \| (.*) \| (.*) \| (.*) \|$", OPEN.read_text(), re.MULTILINE)
    return {name: (theirs, ours, switch) for name, theirs, ours, switch in lines}
