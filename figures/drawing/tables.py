"""Write a table as LaTeX (booktabs) and as Markdown, with the same cells and footer."""

from collections.abc import Callable
from math import floor, isfinite, log10
from pathlib import Path
from types import ModuleType

import numpy as np

from figures.drawing.latex import text
from figures.evidence.arm import Arm
from figures.evidence.interval import half
from figures.evidence.shown import arms_shown

METHOD = "Mean ± half the 95 % t-interval over the seeds."


def mean(arm: Arm | None, y: str, spread: Callable[[np.ndarray], float] = half) -> str:
    """The final y of an arm, "0.0213 ± 0.0011", to two digits of `spread`; or why not.

    spread: of the seeds; a module that replaces it says so in its METHOD.
    """
    if arm is None:
        return "not run"
    values = arm.final(y)
    if arm.diverged:
        return f"{len(arm.diverged)} of {len(values)} diverged"
    if not np.isfinite(values).all():
        return "—"
    error = spread(values)
    digits = min(max(1 - floor(log10(error)), 0), 6) if isfinite(error) and error > 0 else 4
    return f"{values.mean():.{digits}f}" + (
        f" ± {error:.{digits}f}" if isfinite(error) else " (one seed)"
    )


def method(module: ModuleType) -> str:
    """What the numbers after ± are."""
    return getattr(module, "METHOD", METHOD)


def markdown(module: ModuleType, arms: dict[str, Arm], head: list[str], foot: list[str]) -> str:
    """The table as Markdown. head: its title and answer; foot: the lines below."""
    lines = [
        module.HEAD,
        ["---"] + ["---:"] * (len(module.HEAD) - 1),
        *module.rows(arms_shown(module, arms)),
    ]
    table = ["| " + " | ".join(line) + " |" for line in lines]
    title, answer = head
    return "\n".join([f"**{title}**", "", answer, "", *table, "", method(module), *foot]) + "\n"


def latex(module: ModuleType, arms: dict[str, Arm], head: list[str], foot: list[str]) -> str:
    """The table as LaTeX, between its answer and `foot`; the title is that of its section."""

    def line(cells):
        return " & ".join(map(text, cells)) + r" \\"

    above = [
        text(head[1]) + r"\par\smallskip",
        rf"\begin{{tabular}}{{l{'r' * (len(module.HEAD) - 1)}}}",
        r"\toprule",
        line(module.HEAD),
        r"\midrule",
    ]
    body = [line(row) for row in module.rows(arms_shown(module, arms))] + [
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return (
        "\n".join(
            [*above, *body, "", r"\par\footnotesize " + text(" ".join([method(module), *foot]))]
        )
        + "\n"
    )


def save(
    module: ModuleType, name: str, arms: dict[str, Arm], head: list[str], foot: list[str], out: Path
) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for ending, written in (("md", markdown), ("tex", latex)):
        paths.append(out / f"{name}.{ending}")
        paths[-1].write_text(written(module, arms, head, foot))
    return paths
