"""Write one HTML file with every figure, claim and run; it is read from disk, without network."""

import sys
from copy import deepcopy
from pathlib import Path
from string import Template

from codist import errors
from codist.progress import progress
from figures import HOME
from figures.__main__ import Parser
from figures.ending import leave
from figures.evidence import bed_verdicts, names
from figures.evidence.arm import Arm
from figures.evidence.bed_verdicts import Bed
from figures.evidence.consistency import Unreadable
from figures.evidence.findings import Finding, by_bed, findings
from figures.evidence.join import RESULTS, join
from figures.evidence.ledger import Ledger
from figures.evidence.names import SCALES
from figures.evidence.results import read
from figures.evidence.totals import totals
from figures.page import beds as planned_beds
from figures.page import runs
from figures.page.answer import answer
from figures.page.cards import card, filters, summary, wall
from figures.page.details import details
from figures.page.pictures import picture
from figures.page.subjects import subjects
from figures.page.tags import html
from figures.screen import digests, written

HERE = Path(__file__).parent
SCRIPTS = (
    "elements",
    "lines",
    "looks",
    "runs",
    "chart",
    "switches",
    "overlay",
    "beds",
    "address",
    "search",
    "figures",
    "compare",
)  # in this order
OUT = HOME / "figures" / "out" / "page.html"


def arguments(argv: list[str] | None):
    parser = Parser(prog="python -m figures.page", description=__doc__)
    parser.add_argument(
        "--scale",
        dest="scales",
        action="append",
        help=f"{', '.join(SCALES)}; repeatable (default: all scales with runs)",
    )
    parser.add_argument(
        "--from",
        dest="roots",
        action="append",
        type=Path,
        metavar="ROOT",
        help="where the runs are; "
        "repeatable, the first that has a run counts (default: paper/results)",
    )
    parser.add_argument(
        "--out", type=Path, default=OUT, metavar="FILE", help="figures/out/page.html"
    )
    asked = parser.parse_args(argv)
    for scale in asked.scales or ():
        parser.known("scale", scale, SCALES)
    for root in asked.roots or ():
        if not root.is_dir():
            parser.error(
                f"{root} is no folder; runs are read from <folder>/<scale>/<sweep>/<arm>/<seed>"
            )
    given, asked.roots = asked.roots, asked.roots or [RESULTS]
    there = names.scales_in(*asked.roots)
    if given and not there:
        parser.error(
            f"no run is in {' or '.join(map(str, given))}; runs are read from <folder>/<scale>/<sweep>/<arm>/<seed>"
        )
    asked.scales = asked.scales or there or ["laptop"]
    return asked


def read_all(
    scales: list[str], roots: list[Path]
) -> tuple[dict[str, dict[str, Arm]], list[Ledger]]:
    """Read {scale: its arms}, and the ledger of each scale."""
    figures = names.load()
    arms = {scale: read(scale, names.sweeps_of(figures), roots) for scale in scales}
    return arms, [join(figures, arms[scale], scale) for scale in scales]


def verdicts(ledgers: list[Ledger], roots: list[Path]) -> tuple[dict[str, Bed], dict[str, Finding]]:
    """The beds, and the finding of each claim: of all committed runs, or of those in `roots` only."""
    if roots == [RESULTS]:
        return bed_verdicts.read(ledgers[0].claims)
    return {}, findings(by_bed(ledgers))


def page(arms: dict[str, dict[str, Arm]], ledgers: list[Ledger], roots: list[Path]) -> str:
    figures, walls, dialogs = names.load(), [], []
    beds, on_beds = verdicts(ledgers, roots)
    planned = planned_beds.read(arms.values()) if beds else {}
    of_papers = subjects(ledgers, on_beds)
    every = [subject for found in of_papers.values() for subject in found]
    pictures = {
        one.id: picture(figures[one.name], arms[one.ledger.scale], one.alt)
        for one in progress("page", [one for one in every if one.run])
    }
    for paper, found in of_papers.items():
        cards = []
        for subject in found:
            module, of_scale = figures.get(subject.name), arms[subject.ledger.scale]
            drawn = pictures.get(subject.id)
            table = deepcopy(drawn) if drawn is not None and drawn.tag == "table" else None
            cards.append(card(subject, drawn))
            dialogs.append(details(subject, module, of_scale, table))
        walls.append(wall(paper, cards))
    return Template((HERE / "page.html").read_text()).substitute(
        style=(HERE / "page.css").read_text() + (HERE / "overlay.css").read_text(),
        uplot=(HERE / "uplot" / "uPlot.iife.min.js").read_text(),
        uplot_style=(HERE / "uplot" / "uPlot.min.css").read_text(),
        uplot_licence=(HERE / "uplot" / "LICENSE").read_text(),
        script="\n".join((HERE / "scripts" / f"{name}.js").read_text() for name in SCRIPTS),
        answer=html(answer(on_beds, beds, ledgers[0].figures)),
        summary="\n".join(html(summary(ledger, arms[ledger.scale])) for ledger in ledgers),
        filters="\n".join(map(html, filters(every))),
        walls="\n".join(map(html, walls)),
        dialogs="\n".join(map(html, dialogs)),
        runs=runs.as_json(ledgers, arms, on_beds, planned_beds.curves(planned)),
    )


def main(argv: list[str] | None = None) -> int:
    asked = arguments(argv)
    try:
        arms, ledgers = read_all(asked.scales, asked.roots)
        text, before = page(arms, ledgers, asked.roots), digests([asked.out])
        asked.out.parent.mkdir(parents=True, exist_ok=True)
        size = asked.out.write_bytes(text.encode())
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    print(f"{written('page', before, [asked.out])}, {size / 1e6:.1f} MB; open it in a browser")
    print(totals(ledgers))
    return 0


if __name__ == "__main__":
    leave(main)
