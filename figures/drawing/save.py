"""Draw figures and tables into a folder, and print the result: in full, or a summary for --all."""

import argparse
import os
import sys
from pathlib import Path

from codist.progress import progress
from figures.evidence import names
from figures.evidence import summary as report
from figures.evidence.join import join
from figures.evidence.ledger import Ledger
from figures.evidence.results import read
from figures.evidence.shown import arms_shown
from figures.evidence.totals import totals
from figures.screen import changes, digests, line

VERDICTS = "verdicts.txt"  # in the folder of drawings: every claim of a summary


def draw(figures: dict, arms: dict, asked: argparse.Namespace) -> int:
    """Draw each figure with runs. For others print the command that trains it, and return 2.

    With --all, a figure may wait for the runs of the plan: return 0. That is a figure of a scale of
    its own, or one whose sweeps have no run where others have.
    """
    shown = {name: module for name, module in figures.items() if arms_shown(module, arms)}
    begun, code = {arm.sweep for arm in arms.values()}, 0
    for name in [name for name in figures if name not in shown]:
        at = names.scale_at(name, asked.scale)
        new = begun and begun.isdisjoint(names.reads(figures[name]))
        waits = asked.all and (new or at != asked.scale)
        code = code if waits else 2
        scale = "" if asked.scale == "laptop" else f" SCALE={asked.scale}"
        how = f"make {name}{scale}, or python src/run.py -m sweep={name} scale={at}"
        print(
            f"{name}: waits for the plan's runs; {how}"
            if waits
            else f"{name}: no finished run in {places(asked)}; {how}",
            file=sys.stderr,
        )
    if shown:
        before = digests(asked.out.glob("*"))
        paths = {
            name: save(name, shown[name], arms, asked) for name in progress("figures", list(shown))
        }
        ledger = join(shown, arms, asked.scale)
        print(
            "\n".join(
                summary(paths, before, ledger, asked.out) if asked.all else in_full(paths, ledger)
            )
        )
        if asked.beside:
            beside(shown, arms, asked)
    return code


def places(asked: argparse.Namespace) -> str:
    """The folders that were searched for runs."""
    return " or ".join(os.path.relpath(root / asked.scale) for root in asked.roots)


def save(name: str, module, arms: dict, asked: argparse.Namespace) -> list[Path]:
    from figures.drawing import sheet, tables  # imports matplotlib, which --claims does not need

    if hasattr(module, "rows"):
        return tables.save(
            module, name, arms, sheet.head(module, arms), sheet.footer(module, arms), asked.out
        )
    return sheet.save(sheet.draw(module, arms), name, asked.out, asked.formats)


def in_full(paths: dict[str, list[Path]], ledger: Ledger) -> list[str]:
    """The lines of each figure's paths and verdicts."""
    drawn = [line(name, " ".join(map(os.path.relpath, of))) for name, of in paths.items()]
    return [*drawn, report.claims(ledger)]


def summary(
    paths: dict[str, list[Path]], before: dict[Path, str], ledger: Ledger, out: Path
) -> list[str]:
    """Write the verdicts; the lines of changed files, the path of verdicts, and totals."""
    verdicts = out / VERDICTS
    verdicts.write_text(report.claims(ledger) + "\n")
    after = digests(path for of in paths.values() for path in of)
    return [
        line(
            "figures",
            f"{len(paths)} figures and tables in {os.path.relpath(out)}: {changes(before, after)}",
        ),
        line(
            "verdicts", f"{os.path.relpath(verdicts)}: each claim with its gap, interval and seeds"
        ),
        totals([ledger]),
    ]


def beside(figures: dict, arms: dict, asked: argparse.Namespace) -> None:
    """Print a comparison with older results."""
    old = read(asked.scale, names.sweeps_of(figures), [asked.beside])
    print(
        report.beside(join(figures, old, asked.scale), join(figures, arms, asked.scale), old, arms)
    )
