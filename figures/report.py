"""Verdicts, told in text: the claims of a figure, new results beside old ones, and the index of all figures."""

import re
import textwrap
from pathlib import Path
from types import ModuleType

import numpy as np

from figures.claims import WORDS, Claim
from figures.interval import half
from figures.results import Arm, Unreadable

SIDE = 13  # columns before a claim's sentence


def by_claim(figures: dict[str, ModuleType]) -> list[tuple[str, list[str], Claim]]:
    """(figure, others, claim), each claim once, under the first figure that makes it; others share it."""
    where = {}
    for name, module in figures.items():
        for claim in module.CLAIMS:
            where.setdefault(id(claim), ([], claim))[0].append(name)
    return [(names[0], names[1:], claim) for names, claim in where.values()]


def claims(figures: dict[str, ModuleType], arms: dict[str, Arm]) -> str:
    """Each claim under its figure: verdict, then gap, interval, n, scale and place in the papers; 100 columns."""
    lines, above = [], None
    for name, others, claim in by_claim(figures):
        verdict = claim.verdict(arms)
        lines += [name] if name != above else []
        seeds = [f"n={','.join(map(str, verdict.n))}", verdict.scale] if verdict.n else []
        also = [f"also {', '.join(others)}"] if others else []
        found = "   ".join([str(verdict.evidence or verdict.why), *seeds, claim.where, *also])
        said = textwrap.wrap(claim.says, 100 - SIDE) + textwrap.wrap(found, 100 - SIDE)
        lines += [
            f"  {word:<{SIDE - 2}}{part}" for word, part in zip([verdict.word] + [""] * len(said), said, strict=False)
        ]
        above = name
    return "\n".join(lines)


def beside(figures: dict[str, ModuleType], old: dict[str, Arm], new: dict[str, Arm]) -> str:
    """Final numbers of every arm and every verdict, old and new in columns of their own."""

    def cell(arm: Arm | None, y: str) -> str:
        if arm is None:
            return "not run"
        values = arm.bits() if y == "bits" else arm.final(y)
        if arm.diverged and y != "bits":
            return f"{len(arm.diverged)} of {len(values)} diverged"
        return f"{np.mean(values):.5g} ± {half(values):.2g}"

    lines = [f"{'':<38}{'old':<24}{'new':<24}"]
    for name in dict.fromkeys(name for module in figures.values() for name in module.ARMS):
        for y in ("train_loss", "valid_top1", "distance", "bits"):
            was, now = cell(old.get(name), y), cell(new.get(name), y)
            lines.append(f"{name:<24}{y:<14}{was:<24}{now:<24}{'' if was == now else '*'}".rstrip())
    for name, _, claim in by_claim(figures):
        was, now = claim.verdict(old).word, claim.verdict(new).word
        said = textwrap.shorten(f"{name}: {claim.says}", 70, placeholder=" …")
        lines.append(f"{said:<72}{was:<12}{now:<12}{'' if was == now else '*'}".rstrip())
    return "\n".join(lines)


def index(figures: dict[str, ModuleType], arms: dict[str, Arm], scale: str) -> str:
    """The Markdown table of the README: what each figure asks, of which sweeps, how it came out and what it took."""
    lines = [
        "| figure | what it shows | sweeps | " + " | ".join(WORDS) + " | scale | runs, core time |",
        "|---" * 9 + "|",
    ]
    for name, module in figures.items():
        words = [claim.verdict(arms).word for claim in module.CLAIMS]
        shown = [arms[arm] for arm in module.ARMS if arm in arms]
        cost = f"{sum(len(arm.done) for arm in shown)}, {hours(sum(arm.seconds for arm in shown))}"
        title = module.__doc__.splitlines()[0].rstrip(".")
        says = title.partition(": ")[2] or title
        cells = [name, says, ", ".join(module.SWEEPS), *(str(words.count(word) or "") for word in WORDS), scale, cost]
        lines.append("| " + " | ".join(cells) + " |")
    words = [claim.verdict(arms).word for _, _, claim in by_claim(figures)]
    shown = [arm for name, arm in arms.items() if any(name in module.ARMS for module in figures.values())]
    cost = f"{sum(len(arm.done) for arm in shown)}, {hours(sum(arm.seconds for arm in shown))}"
    cells = ["all", "each claim and each run once", "", *(str(words.count(word) or "") for word in WORDS), scale, cost]
    return "\n".join([*lines, "| " + " | ".join(cells) + " |"])


def verdicts(module: ModuleType, arms: dict[str, Arm]) -> str:
    """One figure's claims as a Markdown table, for the README."""
    lines = ["| verdict | claim | gap [95 % interval] | place |", "|---" * 4 + "|"]
    for claim in module.CLAIMS:
        verdict = claim.verdict(arms)
        lines.append(f"| {verdict.word} | {claim.says} | {verdict.evidence or verdict.why} | {claim.where} |")
    return "\n".join(lines)


MARKS = re.compile(r"(<!-- index[^>]*-->\n).*?(<!-- end -->)", re.DOTALL)


def put(table: str, path: Path) -> None:
    """Put the index between its marks in `path`. Raises Unreadable where there are none."""
    text, found = MARKS.subn(lambda marks: f"{marks[1]}\n{table}\n\n{marks[2]}", path.read_text())
    if not found:
        raise Unreadable(f"{path} has no lines <!-- index --> and <!-- end --> to put the table between")
    path.write_text(text)


def hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"
