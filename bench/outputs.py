"""CPU time of all figures, claims, the page and the report from committed results, each as its make target runs it.

The floor of an output is a bare script (outputs_floor.py): it starts Python, reads the same packed
logs once with polars and json, draws the figures one after the other, saves them in the same
formats, and writes the same texts; that of the report is this and one run of pdflatex. It has no
verdicts but those that figures write, no layout of the page, and no tables. LaTeX needs three runs
for the page numbers of a new report, and one where they do not change.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = "paper/results"
GOAL = 60  # CPU seconds of all together
LATEX = ["pdflatex", "-interaction=batchmode", "report.tex"]
TEX = "figures/out/paper"  # where the report leaves its inputs


def commands(out: str) -> dict[str, list[list[str]]]:
    """{name: its commands, which write into `out`}"""
    return {
        "figures": [["figures", "--all", "--from", ROOT, "--out", f"{out}/figures"]],
        "claims": [["figures", "--ledger", out, "--from", ROOT]],
        "page": [["figures.page", "--out", f"{out}/page.html"]],
        "report": [["figures.report"]] if shutil.which("pdflatex") else [],
    }


def floor(name: str, out: str) -> float:
    """CPU seconds of the bare script, after the output was made in `out`."""
    script = [sys.executable, "-m", "bench.outputs_floor", name, out]
    seconds = float(subprocess.run(script, check=True, capture_output=True, text=True).stdout)
    if name == "report":
        copy = Path(shutil.copytree(TEX, f"{out}/tex"))  # LaTeX writes into it
        seconds += spent(LATEX, copy)
    return seconds


def spent(command: list[str], where: Path | None = None) -> float:
    """CPU seconds of a command and the processes that it starts."""
    before = os.times()
    subprocess.run(
        command, cwd=where, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    now = os.times()
    return sum(
        getattr(now, part) - getattr(before, part) for part in ("children_user", "children_system")
    )


def run(line) -> None:
    total = 0.0
    with tempfile.TemporaryDirectory() as out:
        for name, of in commands(out).items():
            seconds = sum(spent([sys.executable, "-m", *one]) for one in of)
            total += seconds
            line(f"{name}, CPU seconds", seconds, "" if of else "not measured: no pdflatex")
            if of:
                line(f"{name} over its floor", seconds / floor(name, out), at_most=1.3)
    line("figures, claims, page and report together, CPU seconds", total, at_most=GOAL)
