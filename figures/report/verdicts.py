"""The report's table of verdicts: each claim of a figure with gap, margin, seeds and place."""

from collections.abc import Mapping
from dataclasses import replace

from figures.drawing.latex import broken, code, columns, table, text
from figures.evidence import findings
from figures.evidence import summary as report
from figures.evidence.findings import Finding
from figures.evidence.ledger import Judged
from figures.report.material import Material

WIDTHS = (5.0, 3.6, 1.9, 1.25, 2.05)  # centimetres: claim, gap, margin, seeds, place


def verdicts(material: Material, name: str) -> str:
    """Verdicts at each scale of the claims first made by this figure; links to the others."""
    shown, first = material.shown(name), material.first.figures[name]
    rows = []
    for nth, claim in enumerate(first.claims):
        if claim.figures[0] == name:
            # missing arms are listed above, once for the figure
            unseen = row(nth, replace(claim, why=""))
            first_of, *others = [row(nth, one.claims[nth]) for one in shown.values()] or [unseen]
            rows += [first_of, *(("", one[1], "", *one[3:6], "") for one in others)]
    head = ("", "verdict", "claim", "gap [interval]", "margin", "seeds", "place")
    made = table(columns("r", "l", *WIDTHS), head, rows, long=True) if rows else ""
    return "\n".join([made, elsewhere(material, name)])


def row(nth: int, claim: Judged) -> tuple[str, ...]:
    margin = claim.evidence.margin if claim.evidence else ""
    n = f"{', '.join(dict.fromkeys(map(str, claim.n)))} {claim.scale}" if claim.n else ""
    return (
        str(nth + 1),
        coloured(claim.verdict),
        *map(broken, (report.says(claim), claim.measured, margin, n, claim.where)),
    )


def finding(one: Finding) -> str:
    """A claim in words, with its verdict, gap, interval and number of seeds on each bed."""
    return f"{broken(one.sentence)}: {measured_on(one.named)}."


def measured_on(beds: Mapping[str, Judged]) -> str:
    """The verdict, gap, interval and number of seeds on each of these beds."""
    return "; ".join(
        f"{coloured(claim.verdict)} on {text(name)}, {broken(findings.measured(claim))}"
        for name, claim in beds.items()
    )


def coloured(verdict: str) -> str:
    return rf"\{verdict.replace(' ', '')}verdict{{}}"


def elsewhere(material: Material, name: str) -> str:
    """Links to claims shared with an earlier figure, and their verdicts."""
    found: dict[str, list[str]] = {}
    for ledger in [material.ledgers[scale] for scale in material.shown(name)] or [material.first]:
        for claim in ledger.figures[name].claims:
            if (first := claim.figures[0]) != name:
                nth = ledger.figures[first].claims.index(claim) + 1
                scale = f" ({ledger.scale})" if len(material.ledgers) > 1 else ""
                found.setdefault(first, []).append(f"{nth} {coloured(claim.verdict)}{scale}")
    links = "; ".join(
        rf"\hyperref[{first}]{{{code(first)}}}: {', '.join(of)}" for first, of in found.items()
    )
    return rf"\elsewhere{{{links}}}" if links else ""
