"""Build paper/report.pdf: draw figures, write tables and numbers, run LaTeX.

python -m figures.report. The prose is paper/report.tex, written by hand. Its inputs and the log are
in figures/out/paper. Two builds have equal bytes.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from codist import errors
from codist.progress import progress
from figures import HOME
from figures.drawing.latex import text
from figures.ending import leave
from figures.evidence.consistency import Unreadable
from figures.evidence.totals import totals
from figures.report import main_claims, overview, provenance
from figures.report.material import Material, once, read_all
from figures.report.numbers import numbers
from figures.report.sections import section
from figures.screen import digests, written

SOURCE, PDF = HOME / "paper" / "report.tex", HOME / "paper" / "report.pdf"
OUT = HOME / "figures" / "out" / "paper"
NEEDS = "--no-install-recommends texlive-latex-base texlive-latex-recommended lmodern"
TABLES = (
    main_claims.words,
    main_claims.findings,
    main_claims.artifact,
    overview.papers,
    overview.index,
    overview.fails,
    overview.controls,
    overview.not_run,
    overview.contradictions,
    provenance.provenance,
    provenance.answers,
)
SETTLED = (".aux", ".out", ".toc")  # files that one run of LaTeX leaves for the next
PAPERS = ("v2", "v1", "anil", "ours")  # each has a chapter of figures
RUNS = 5  # the most runs of LaTeX until the settled files no longer change


class Stopped(Exception):
    """LaTeX is missing or fails. The message is one line: what is wrong, what to do."""


def write(material: Material, out: Path) -> None:
    """Write all inputs of report.tex: drawings, sections, tables, numbers."""
    out.mkdir(parents=True, exist_ok=True)
    draw(material, out)
    for make in TABLES:
        (out / f"{make.__name__}.tex").write_text(make(material) + "\n")
    lines = [rf"\setnumber{{{name}}}{{{text(value)}}}" for name, value in numbers(material).items()]
    (out / "numbers.tex").write_text("\n".join(lines) + "\n")
    for paper in PAPERS:
        names = [name for name in material.modules if material.paper(name) == paper]
        (out / f"{paper}.tex").write_text("\n".join(section(material, name) for name in names))


def draw(material: Material, out: Path) -> None:
    from figures.drawing import sheet, tables

    pairs = [
        (scale, name)
        for scale in material.arms
        for name in once(material.modules)
        if scale in material.shown(name)
    ]
    for scale, name in progress("paper, drawings", pairs):
        module, arms = material.modules[name], material.arms[scale]
        if hasattr(module, "rows"):
            tables.save(
                module,
                name,
                arms,
                sheet.head(module, arms),
                sheet.footer(module, arms),
                out / scale,
            )
        else:
            sheet.save(sheet.draw(module, arms), name, out / scale, ["pdf"])


def latex() -> str:
    """The path of pdflatex. Raises Stopped if it or a package of report.tex is missing."""
    program, finder = shutil.which("pdflatex"), shutil.which("kpsewhich")
    required = re.findall(r"\\usepackage(?:\[.*?\])?\{(\w+)\}", SOURCE.read_text())
    missing = (
        [one for one in required if not (finder and asked(finder, f"{one}.sty"))]
        if program
        else ["pdflatex"]
    )
    if missing:
        raise Stopped(
            f"missing: {missing[0]}, to set {os.path.relpath(SOURCE)}: apt-get install {NEEDS}"
        )
    return program


def asked(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def press(out: Path, pdf: Path) -> None:
    """Run LaTeX on report.tex in `out` until references settle. Raises Stopped with the log."""
    program = latex()
    shutil.copy(SOURCE, out / SOURCE.name)
    environment = {
        **os.environ,
        "SOURCE_DATE_EPOCH": "0",
        "FORCE_SOURCE_DATE": "1",
        "max_print_line": "1000",
    }
    command = [
        program,
        "-interaction=nonstopmode",
        "-halt-on-error",
        "-file-line-error",
        SOURCE.name,
    ]
    before, log = references(out), out / "report.log"  # `out` may have those of an earlier report
    for _ in progress("paper, runs of LaTeX, at most", range(RUNS)):
        ended = subprocess.run(
            command, cwd=out, env=environment, capture_output=True, text=True, errors="replace"
        )
        if ended.returncode:
            error = re.search(r"^(?:\./)?(\S+\.\w+:\d+: .*|! .*)$", ended.stdout, re.MULTILINE)
            message = error[1] if error else f"pdflatex ended with {ended.returncode}"
            raise Stopped(f"LaTeX stopped: {message}; its log is {os.path.relpath(log)}")
        after = references(out)
        if after == before:
            shutil.copy(out / "report.pdf", pdf)
            return
        before = after
    raise Stopped(
        f"LaTeX's page numbers do not settle in {RUNS} runs; its log is {os.path.relpath(log)}"
    )


def references(out: Path) -> list[bytes]:
    """The files from which LaTeX's next run takes its page numbers."""
    return [path.read_bytes() for path in sorted(out.glob("report.*")) if path.suffix in SETTLED]


def main(out: Path = OUT, pdf: Path = PDF) -> int:
    try:
        latex()
        material, before = read_all(), digests([pdf])
        write(material, out)
        press(out, pdf)
    except (Stopped, Unreadable, errors.Refused) as error:
        print(f"make paper: {error}", file=sys.stderr)
        return 2
    print(written("paper", before, [pdf]))
    print(totals(material.ledgers.values()))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
