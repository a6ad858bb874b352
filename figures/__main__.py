"""Draw figures from logs (fig2 table1, or --all), list verdicts (--claims), or index figures."""

import argparse
import difflib
import sys
from collections.abc import Sequence
from pathlib import Path

from codist import errors
from codist.progress import progress
from figures import HOME, screen
from figures.drawing import save as drawing
from figures.ending import leave
from figures.evidence import beds, written
from figures.evidence import summary as report
from figures.evidence.consistency import Unreadable
from figures.evidence.join import join
from figures.evidence.join import read as read_ledger
from figures.evidence.ledger import Ledger
from figures.evidence.names import FILES, NAMES, SCALES, load, scales_in, sweeps_of
from figures.evidence.results import read
from figures.evidence.totals import totals

FORMATS = ("pdf", "png", "svg")


class Parser(argparse.ArgumentParser):
    def error(self, message: str):
        # one line, without argparse's usage
        self.exit(2, f"{self.prog}: {message}\n")

    def known(self, what: str, name: str, known: Sequence[str]) -> None:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            near = f"did you mean {close[0]}? There" if close else "there"
            self.error(f"no {what} is called {name}; {near} is: {', '.join(known)}")


def arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m figures", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="figure", help=", ".join(NAMES))
    parser.add_argument("--all", action="store_true", help="every figure and table, with a summary")
    parser.add_argument("--claims", action="store_true", help="print the verdicts, draw nothing")
    parser.add_argument(
        "--ledger",
        type=Path,
        metavar="FOLDER",
        help="write claims.md and claims.json there, with a summary",
    )
    parser.add_argument(
        "--index",
        nargs="?",
        const="-",
        metavar="FILE",
        help="print the Markdown table of figures and "
        "verdicts, or put it between the marks of FILE",
    )
    parser.add_argument("--scale", default="laptop", help=f"{', '.join(SCALES)} (default: laptop)")
    where = "where the runs are; repeatable, the first that has a run counts (default: paper/results, then runs)"
    parser.add_argument(
        "--from", "--results", dest="roots", action="append", type=Path, metavar="ROOT", help=where
    )
    parser.add_argument(
        "--beside",
        type=Path,
        metavar="ROOT",
        help="then set these older results beside the new ones",
    )
    parser.add_argument(
        "--out", type=Path, default=HOME / "figures" / "out", help="where pictures go (figures/out)"
    )
    parser.add_argument(
        "--formats", default=FORMATS, type=lambda text: text.split(","), help=",".join(FORMATS)
    )
    asked = parser.parse_args(argv)
    for name in asked.names:
        if name not in NAMES and name in FILES:
            parser.error(
                f"{FILES[name].relative_to(HOME)} is no figure: it lacks a sweep of its name, sweeps/sweep/{name}.yaml"
            )
        parser.known("figure", name, NAMES)
    parser.known("scale", asked.scale, SCALES)
    for form in asked.formats:
        parser.known("format", form, FORMATS)
    if asked.index in NAMES:
        parser.error(
            f"--index {asked.index} would write to a file of that name; say {asked.index} --index"
        )
    for root in asked.roots or ():
        if not root.is_dir():
            parser.error(
                f"{root} is no folder; runs are read from <folder>/<scale>/<sweep>/<arm>/<seed>"
            )
    if asked.ledger and not asked.ledger.is_dir():
        parser.error(
            f"{asked.ledger} is no folder; --ledger writes claims.md and claims.json into one"
        )
    if asked.all or (not asked.names and (asked.claims or asked.index or asked.ledger)):
        asked.names = NAMES
    if not asked.names:
        parser.error(f"which figure? {', '.join(NAMES)}, or --all")
    asked.roots = asked.roots or [HOME / "paper" / "results", HOME / "runs"]
    return asked


def main(argv: list[str] | None = None) -> int:
    asked = arguments(argv)
    try:
        figures = load(asked.names)
        arms = read(asked.scale, sweeps_of(figures), asked.roots)
        if not arms and (asked.claims or asked.ledger):
            how = f"python src/run.py -m sweep=<figure> scale={asked.scale} makes a figure's"
            print(f"no finished run in {drawing.places(asked)}; {how}", file=sys.stderr)
            return 2
        ledger = join(figures, arms, asked.scale)
        if asked.ledger:
            write_ledgers(every_scale(asked, ledger), asked)
        if asked.index:
            table = report.index(ledger)
            print(table) if asked.index == "-" else report.put(table, Path(asked.index))
        elif not asked.claims and not asked.ledger:
            return drawing.draw(figures, arms, asked)
        elif asked.claims:
            print(report.claims(ledger))
            if asked.beside:
                drawing.beside(figures, arms, asked)
    except (Unreadable, errors.Refused) as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        print(f"{error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def every_scale(asked: argparse.Namespace, ledger: Ledger) -> list[Ledger]:
    """A ledger for each scale that has runs; `ledger` only, if there are no runs."""
    there = scales_in(*asked.roots)
    others = {
        scale: read_ledger(scale, asked.roots, asked.names)
        for scale in progress("verdicts, scales", there)
        if scale != ledger.scale
    }
    return [others.get(scale, ledger) for scale in there or [ledger.scale]]


def write_ledgers(ledgers: list[Ledger], asked: argparse.Namespace) -> None:
    """Write claims.md and claims.json, and print the counts of verdicts.

    Runs that ship elsewhere in paper/ count beside those of paper/results, not beside other runs.
    """
    found = beds.findings_of(ledgers, asked.roots)
    before = screen.digests(written.paths(asked.ledger))
    print(screen.written("claims", before, written.put(ledgers, found, asked.ledger)))
    print(totals(ledgers))


if __name__ == "__main__":
    leave(main)
