"""The report's main claims: in words, in numbers, and as the artifact appendix lists them."""

from figures.drawing.latex import broken, code, columns, table, text
from figures.evidence import findings as verdicts
from figures.evidence import summary as report
from figures.report.material import Material
from figures.report.verdicts import coloured, finding


def findings(material: Material) -> str:
    """What failed, held or is undecided on each bed, in words and numbers; "" without a verdict."""
    parts = []
    for heading, of in verdicts.grouped(material.found).items():
        items = "\n".join(
            rf"\item {finding(one)} (\hyperref[{one.figure}]{{{code(one.figure)}}})" for one in of
        )
        parts.append(
            rf"\textbf{{{text(heading)}}}" + f"\n\\begin{{itemize}}\n{items}\n\\end{{itemize}}"
        )
    return "\n".join(parts)


def words(material: Material) -> str:
    """The main findings in words for the first page: each claim, and its verdict on each bed."""
    main = {key: one for key, one in material.found.items() if key in verdicts.MAIN}
    parts = []
    for heading, of in verdicts.grouped(main).items():
        items = "\n".join(
            rf"\item {broken(one.words)}: {on_beds(one)} "
            rf"(\hyperref[{one.figure}]{{{code(one.figure)}}})."
            for one in of
        )
        parts.append(
            rf"\textbf{{{text(heading)}}}" + f"\n\\begin{{itemize}}\n{items}\n\\end{{itemize}}"
        )
    return "\n".join(parts)


def on_beds(one: verdicts.Finding) -> str:
    """Its verdicts, each with its beds: fails on digits and on glyphs-plenty; or holds on all 3 beds."""
    beds: dict[str, list[str]] = {}
    for name, claim in one.named.items():
        beds.setdefault(claim.verdict, []).append(f"on {text(name)}")
    if len(beds) == 1 and len(one.on) > 2:
        return f"{coloured(*beds)} on all {len(one.on)} beds"
    return "; ".join(f"{coloured(verdict)} {' and '.join(on)}" for verdict, on in beds.items())


def artifact(material: Material) -> str:
    """The major claims, as an artifact appendix lists them: verdict, command, cost, hardware."""
    rows = []
    for key in verdicts.MAIN:
        if (one := material.found.get(key)) and one.on:
            figure = material.first.figures[one.figure]
            runs, _, time = report.cost(material.first, figure.arms).partition(", ")
            arms = [material.first.arms[arm] for arm in figure.arms if arm in material.first.arms]
            on = ", ".join(sorted({machine for arm in arms for machine in arm.machines}))
            rows.append(
                (
                    f"{broken(one.words)}: {on_beds(one)}",
                    code(figure.command),
                    runs,
                    text(time),
                    text(on),
                )
            )
    head = ("claim and verdict", "command", "runs", "core time", "processor")
    return table(columns(8.7, 3.2, -0.9, -1.6, 2.3), head, rows, long=True)
