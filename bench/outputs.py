"""CPU time of all figures, claims, the page and the report from committed results, each as its make target runs it."""

import os
import shutil
import subprocess
import sys
import tempfile

ROOT = "paper/results"
GOAL = 60  # CPU seconds of all together


def commands(out: str) -> dict[str, list[list[str]]]:
    """{name: its commands, which write into `out`}"""
    return {
        "figures": [["figures", "--all", "--from", ROOT, "--out", f"{out}/figures"]],
        "claims": [["figures", "--ledger", out, "--from", ROOT]],
        "page": [["figures.page", "--out", f"{out}/page.html"]],
        "report": [["figures.report"]] if shutil.which("pdflatex") else [],
    }


def spent(command: list[str]) -> float:
    """CPU seconds of a command and the processes that it starts."""
    before = os.times()
    subprocess.run(
        [sys.executable, "-m", *command],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    now = os.times()
    return sum(
        getattr(now, part) - getattr(before, part) for part in ("children_user", "children_system")
    )


def run(line) -> None:
    total = 0.0
    with tempfile.TemporaryDirectory() as out:
        for name, of in commands(out).items():
            seconds = sum(map(spent, of))
            total += seconds
            line(f"{name}, CPU seconds", seconds, "" if of else "not measured: no pdflatex")
    line("figures, claims, page and report together, CPU seconds", total, at_most=GOAL)
