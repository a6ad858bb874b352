"""A figure's sheet: its size, title, answer and footer; a redraw has equal bytes."""

import math
import textwrap
from pathlib import Path
from types import ModuleType

import matplotlib
from matplotlib import style as themes
from matplotlib.figure import Figure

from figures.drawing import font, rules
from figures.drawing.style import METHOD, SMALL
from figures.evidence import names, provenance
from figures.evidence.arm import Arm
from figures.evidence.join import judge
from figures.evidence.shown import arms_shown
from figures.evidence.totals import counts_text

# seaborn's white theme, from matplotlib's copy: importing seaborn takes longer than drawing all
# figures
themes.use(["default", "seaborn-v0_8-white", "seaborn-v0_8-paper"])
matplotlib.rcParams |= {
    # made from one of matplotlib's, so that a redraw on another machine has equal bytes
    "font.family": font.plain(),
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 7.5,
    "axes.titlelocation": "left",
    "axes.titley": 1.0,  # else each drawing measures all labels of the axes
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": rules.LEGEND,
    "legend.borderaxespad": 0,
    "legend.borderpad": 0,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "xtick.major.size": 2.5,
    "xtick.major.width": 0.7,
    "xtick.minor.size": 0,
    "pdf.fonttype": 42,  # TrueType, embedded, so that text remains text
    "svg.fonttype": "path",
    "svg.hashsalt": "codist",
    "savefig.dpi": 200,
}
UNDATED = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
LINE, ANSWER_LINE = 0.13, 0.125  # inches per line of the footer, of the answer
# Inches that panels are moved by, up and to the right. Else many positions lie half-way between two numbers of 6
# digits, and the last bit of a logarithm, in which processors differ, decides how they are written.
OFF = 1e-4 * math.pi


def footer(module: ModuleType, arms: dict[str, Arm]) -> list[str]:
    """The footer's lines: scale, seeds, config, commit, machine, verdicts, missing runs."""
    shown = list(arms_shown(module, arms).values())
    scales = "/".join(sorted({arm.scale for arm in shown}))
    commits = ", ".join(sorted({commit for arm in shown for commit in arm.commits}))
    verdicts = f"claims: {counts_text(judge({module.__name__: module}, arms).values())}".replace(
        " ", "\N{NO-BREAK SPACE}"
    )
    there = ", ".join(map(str, sorted({seed for arm in shown for seed in arm.seeds})))
    config, machine = provenance.together(shown), ", ".join(provenance.machines(shown))
    lines = [
        f"{scales} scale · seeds {there} · config {config} · commit {commits} · "
        f"{machine} · {verdicts}"
    ]
    if many := {arm.images for arm in shown} - {None}:
        counts = ", ".join(f"{images:,}" for images in sorted(many))
        lines.append(
            f"final accuracy and validation loss: of {counts} validation images; curves: of a smaller set"
        )
    if few := [
        f"{arm.name} ({', '.join(map(str, gone))})"
        for arm in shown
        if (gone := provenance.missing(arm))
    ]:
        lines.append("seeds missing: " + ", ".join(few))
    if bad := [
        f"{arm.name} ({len(arm.diverged)} of {len(arm.seeds)} seeds)"
        for arm in shown
        if arm.diverged
    ]:
        lines.append("✕ diverged, no mean at the end: " + ", ".join(bad))
    if missing := [name for name in names.arms_read(module) if name not in arms]:
        lines.append("not run: " + names.shortened(missing, ", "))
    return lines


def head(module: ModuleType, arms: dict[str, Arm]) -> list[str]:
    """The figure's title and its answer."""
    return [title(module), answer(module, arms)]


def answer(module: ModuleType, arms: dict[str, Arm]) -> str:
    """The sentence under the title."""
    asked = names.answering(module)
    (claim,) = (one for one in judge({module.__name__: module}, arms).values() if one.id == asked)
    return claim.answer


def seeds(arms: list[Arm]) -> str:
    few, many = min(len(arm.seeds) for arm in arms), max(len(arm.seeds) for arm in arms)
    return f"{many} seed{'s' * (many > 1)}" if few == many else f"{few} to {many} seeds"


def draw(module: ModuleType, arms: dict[str, Arm]) -> Figure:
    """Draw `module`: question (its docstring's first line), answer, panels and footer."""
    wide = rules.width(module)
    panel_high = getattr(module, "HIGH", rules.HIGH)
    figure = Figure(figsize=(wide, panel_high))  # until the lines around the panels are known
    axes = figure.subplots(1, module.PANELS, squeeze=False)[0]
    shown = arms_shown(module, arms)
    module.draw(shown, axes)
    for axis in axes:
        rules.keep_bands(axis, compared(module))
    room = int(wide * 21.5)  # characters per line in the footer's size
    method = getattr(module, "METHOD", METHOD).format(seeds=seeds(list(shown.values())))
    lines = [
        part.removesuffix(" ·")
        for line in [method, *footer(module, arms)]
        for part in textwrap.wrap(line, room)
    ]
    question, found = head(module, arms)
    asked, answered = wrapped(question, int(wide * 15.2)), wrapped(found, int(wide * 19.5))
    top = 0.07 + 0.18 * len(asked)
    below = top + 0.02 + ANSWER_LINE * len(answered)
    rows = sum(-(-len(legend.get_texts()) // legend._ncols) for legend in figure.legends)
    titles = max(axis.get_title("left").count("\n") for axis in axes)
    above = below + 0.21 + 0.155 * rows + 0.12 * titles
    under_axis = 0.5 + 0.12 * max(tick_lines(axis) - 1 for axis in axes)
    high = above + panel_high + under_axis + LINE * len(lines)
    figure.set_size_inches(wide, high)
    for legend in figure.legends:
        legend.set_bbox_to_anchor((0.08 / wide, 1 - below / high))
    panel = (wide - 0.1) / module.PANELS
    figure.subplots_adjust(
        left=(rules.MARGIN - 0.1 + OFF) / wide,
        right=1 - (0.1 - OFF) / wide,
        top=1 - (above - OFF) / high,
        bottom=(under_axis + LINE * len(lines) + OFF) / high,
        wspace=rules.MARGIN / (panel - rules.MARGIN),
    )
    figure.text(0.08 / wide, 1 - 0.07 / high, "\n".join(asked), size=9, va="top", linespacing=1.15)
    under = dict(size=7, color="0.25", va="top", linespacing=1.2)
    figure.text(0.08 / wide, 1 - top / high, "\n".join(answered), **under)
    small = dict(size=SMALL - 0.5, color="0.4", va="bottom", linespacing=1.35)
    figure.text(0.08 / wide, 0.05 / high, "\n".join(lines), **small)
    return figure


def compared(module: ModuleType) -> list[tuple[str, ...]]:
    """The arms of each claim, first those of the claim that answers the figure's question."""
    answering = names.answering(module)
    return [tuple(one.needs) for one in sorted(module.CLAIMS, key=lambda one: one.id != answering)]


def tick_lines(axis) -> int:
    """The most lines of text below a tick of the horizontal axis."""
    return 1 + max((tick.get_text().count("\n") for tick in axis.get_xticklabels()), default=0)


def wrapped(text: str, room: int) -> list[str]:
    """Wrap `text` to the fewest lines of `room` characters, then make them about equally long."""
    lines = len(textwrap.wrap(text, room))
    fewest = max(1, -(-(len(text) + 1) // lines) - 1)  # each line but the last ends with a space
    return next(
        parts for k in range(fewest, room + 1) if len(parts := textwrap.wrap(text, k)) == lines
    )


def title(module: ModuleType) -> str:
    return module.__doc__.splitlines()[0].rstrip(".")


def save(figure: Figure, name: str, out: Path, formats: list[str]) -> list[Path]:
    out.mkdir(parents=True, exist_ok=True)
    paths = [out / f"{name}.{form}" for form in formats]
    for path, form in zip(paths, formats, strict=True):
        figure.savefig(path, metadata=UNDATED[form])
    return paths
