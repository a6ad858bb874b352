"""Verdicts as text: the claims of a figure, a comparison with old results, the index of figures."""

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from codist.metrics import LAST
from figures.evidence.arm import Arm
from figures.evidence.claim import VERDICTS
from figures.evidence.consistency import Unreadable
from figures.evidence.family import family, stays
from figures.evidence.interval import half
from figures.evidence.ledger import Judged, Ledger
from figures.evidence.totals import counts, total
from figures.screen import SIDE

AFTER = "†"  # marks a claim that was written after runs of its arms had been seen


def claims(ledger: Ledger) -> str:
    """List claims by figure: verdict, gap, interval, n, scale, place in the papers; 100 columns."""
    lines, last = [], None
    for claim in ledger.claims:
        name = claim.figures[0]
        if name != last:
            head = f"{name}: {family(c.evidence for c in ledger.figures[name].claims)}"
            lines += textwrap.wrap(head, 100, subsequent_indent="  ")
        seeds = [f"n={','.join(map(str, claim.n))}", claim.scale] if claim.n else []
        also = [f"also {', '.join(claim.figures[1:])}"] if claim.figures[1:] else []
        found = "   ".join([claim.found, *seeds, claim.where, *also])
        wrapped = textwrap.wrap(says(claim), 100 - SIDE) + textwrap.wrap(found, 100 - SIDE)
        lines += [
            f"  {verdict:<{SIDE - 2}}{part}"
            for verdict, part in zip([claim.verdict] + [""] * len(wrapped), wrapped, strict=False)
        ]
        last = name
    if len(ledger.figures) > 1:
        lines += ["all: " + line for line in textwrap.wrap(together(ledger), 95)]
    return "\n".join(lines)


def says(claim: Judged) -> str:
    return f"{claim.says} {AFTER}" if claim.after else claim.says


def together(ledger: Ledger) -> str:
    """The chance of a false verdict over all claims, and what remains after Bonferroni."""
    all_of, theirs = family(claim.evidence for claim in ledger.claims), kept_of_papers(ledger)
    return (
        f"{all_of}; at most {all_of.expected:.1f} false verdicts expected. Of {all_of.decided} decided verdicts, "
        f"{all_of.kept} remain after Bonferroni correction (5 % family-wise), {theirs} of them for a paper's "
        "claim. Bit counts are not random and are excluded here"
    )


def kept_of_papers(ledger: Ledger) -> int:
    """The number of the papers' claims that remain decided after correction over all claims."""
    many = family(claim.evidence for claim in ledger.claims).claims
    return sum(
        not claim.ours and claim.evidence is not None and stays(claim.evidence, many)
        for claim in ledger.claims
    )


def beside(old: Ledger, new: Ledger, were: dict[str, Arm], are: dict[str, Arm]) -> str:
    """Compare the final numbers of every arm and every verdict, in columns old and new."""

    def cell(arm: Arm | None, y: str) -> str:
        if arm is None:
            return "not run"
        values = arm.bits() if y == "bits" else arm.final(y)
        if arm.diverged and y != "bits":
            return f"{len(arm.diverged)} of {len(values)} diverged"
        return f"{np.mean(values):.5g} ± {half(values):.2g}"

    lines = [f"{'':<38}{'old':<24}{'new':<24}"]
    for name in dict.fromkeys(name for figure in new.figures.values() for name in figure.arms):
        for y in (*LAST, "bits"):
            was, now = cell(were.get(name), y), cell(are.get(name), y)
            lines.append(f"{name:<24}{y:<14}{was:<24}{now:<24}{'' if was == now else '*'}".rstrip())
    for before, after in zip(old.claims, new.claims, strict=True):
        sentence = textwrap.shorten(f"{after.figures[0]}: {after.says}", 70, placeholder=" …")
        lines.append(
            f"{sentence:<72}{before.verdict:<12}{after.verdict:<12}"
            f"{'' if before.verdict == after.verdict else '*'}".rstrip()
        )
    return "\n".join(lines)


def index(ledger: Ledger) -> str:
    """The Markdown table of docs/evidence.md: question, sweeps, verdicts and cost per figure."""
    lines = [
        "| figure | what it shows | sweeps | "
        + " | ".join(VERDICTS)
        + " | ours | scale | runs, core time |",
        "|---" * 10 + "|",
    ]
    for name, figure in ledger.figures.items():
        counted = by_paper(figure.claims)
        cells = [
            name,
            figure.question,
            ", ".join(figure.sweeps),
            *counted,
            ledger.scale,
            cost(ledger, figure.arms),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    counted = by_paper(ledger.claims)
    cells = [
        "all",
        "each claim and each run once",
        "",
        *counted,
        ledger.scale,
        cost(ledger, ledger.arms),
    ]
    return "\n".join([*lines, "| " + " | ".join(cells) + " |"])


def by_paper(claims: Iterable[Judged]) -> list[str]:
    """A cell per verdict for the papers' claims, then one cell for ours."""
    theirs, ours = counts(claims)
    return [*(str(theirs[verdict] or "") for verdict in VERDICTS), total(ours)]


def cells(claims: Iterable[Judged]) -> list[str]:
    """A cell per verdict with its count, empty for none."""
    found = [claim.verdict for claim in claims]
    return [str(found.count(verdict) or "") for verdict in VERDICTS]


def cost(ledger: Ledger, arms: Iterable[str]) -> str:
    shown = [ledger.arms[arm] for arm in arms if arm in ledger.arms]
    return (
        f"{sum(len(arm.seeds) for arm in shown)}, {hours(sum(arm.core_seconds for arm in shown))}"
    )


def put(table: str, path: Path, mark: str = "index") -> None:
    """Put the table between its marks in `path`. Raises Unreadable if there are none."""
    marks = re.compile(rf"(<!-- {mark}[^>]*-->\n).*?(<!-- end -->)", re.DOTALL)
    text, found = marks.subn(lambda marks: f"{marks[1]}\n{table}\n\n{marks[2]}", path.read_text())
    if not found:
        raise Unreadable(
            f"{path} has no lines <!-- {mark} --> and <!-- end --> to put the table between"
        )
    path.write_text(text)


def hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
