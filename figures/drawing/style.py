"""The drawing style: one colour per arm in every figure, and lines, bands, bars and dots."""

from collections.abc import Sequence
from itertools import chain, zip_longest

import numpy as np

from figures.drawing import ticks
from figures.drawing.colours import COLOURS, LABELS
from figures.drawing.marks import SMALL, diverged, halo, mark
from figures.evidence.arm import Arm
from figures.evidence.interval import half, standard_error

GREY = "#8A8A8A"  # only for numbers that the papers report
# share of updates in which accuracy still jumps, which does not affect a panel's range
EARLY = 0.5
METHOD = "line, marker: mean over {seeds}; band: ±1 SE; bar: 95 % t-interval; dots: the seeds"


def have(arms: dict[str, Arm], names: Sequence[str]) -> list[Arm]:
    return [arms[name] for name in names if name in arms]


def control(arm: Arm) -> bool:
    return "independent" in arm.name


def batch(arm: Arm) -> str:
    """A batch label: 2×32, or 2×32 (paper: 2×256) if the scale changed it."""
    ours, paper = (
        arm.config["batch"],
        int(arm.name.removeprefix("batch_")) if arm.name.startswith("batch_") else 256,
    )
    return f"2×{ours}" if ours == paper else f"2×{ours} (paper: 2×{paper})"


def curves(
    axis, arms: list[Arm], x: str, y: str, labels: Sequence[str] = (), skip: float = 0.0
) -> None:
    """Draw a curve for each arm, with its final values in a column of its own on the right.

    The mean ends where the first seed ends. The vertical range is of the arms that did not diverge,
    after the share `skip` of training. The horizontal range begins a little earlier, because the
    final values are what is compared.
    """
    labels = labels or [LABELS.get(arm.name, arm.name) for arm in arms]
    lines = [(arm, name, *arm.curve(x, y)) for arm, name in zip(arms, labels, strict=True)]
    right = max((steps[-1] for _, _, steps, _ in lines), default=1.0)
    left, seen = 0.6 * skip * right, []
    for column, (arm, name, steps, values) in enumerate(lines):
        colour, ends = COLOURS[arm.name], right * (1.06 + 0.05 * column)
        mean, error = values.mean(axis=0), standard_error(values)
        axis.plot(
            steps, mean, color=colour, lw=1.3, ls=(0, (3, 1.2)) if control(arm) else "-", label=name
        )
        axis.fill_between(steps, mean - error, mean + error, color=colour, alpha=0.18, lw=0)
        mark(axis, ends, arm.final(y), colour, size=3.2)
        for seed in arm.diverged:
            at = arm.done[seed]["update"]
            at = at / arm.done[seed]["updates"] if x == "fraction" else at
            diverged(axis, max(at, left), colour)
        if not arm.diverged:
            seen += [
                mean[steps >= skip * right],
                arm.final(y).mean() + half(arm.final(y)) * np.array([-1, 1]),
            ]
    axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= right * 1.001])
    axis.set_xlim(left, right * (1.03 + 0.05 * len(lines)))
    axis.axvline(right * 1.01, color="0.85", lw=0.6, zorder=0)
    ticks.limits(axis, seen)


def points(
    axis,
    arms: list[Arm],
    x: Sequence[float],
    y: str,
    names: Sequence[str],
    marker: str = "o",
    above: bool = True,
) -> None:
    """Draw final values of arms, joined by a line, with `names` above or below them."""
    finals = [arm.final(y) for arm in arms]
    axis.plot(x, [values.mean() for values in finals], color="0.75", lw=1.1, zorder=2)
    for arm, at, values, name in zip(arms, x, finals, names, strict=True):
        mark(axis, at, values, COLOURS[arm.name], marker, size=5.5)
        if arm.diverged:
            diverged(axis, at, COLOURS[arm.name])
        else:
            side = 1 if above else -1
            end = values.mean() + side * np.nan_to_num(half(values))  # one seed has no interval
            note = dict(
                ha="center", va="bottom" if above else "top", textcoords="offset points", zorder=7
            )
            axis.annotate(
                name,
                (at, end),
                (0, 2 * side),
                size=SMALL,
                color="0.25",
                path_effects=halo(),
                **note,
            )


def level(axis, arm: Arm, y: str, name: str, at: float = 0.78) -> None:
    """Draw an arm without a position on the horizontal axis as a line across the panel.

    Its interval and seeds are on the left; its name ends `at` this share of the width.
    """
    values, colour = arm.final(y), COLOURS[arm.name]
    if np.isfinite(values).all():
        axis.axhline(values.mean(), color=colour, lw=1.1, ls=(0, (3, 1.2)), zorder=1)
        bar = dict(color=colour, lw=0.8, capsize=1.6, capthick=0.8, zorder=4)
        axis.errorbar(
            0.022, values.mean(), half(values), transform=axis.get_yaxis_transform(), **bar
        )
        note = dict(
            size=SMALL,
            va="bottom",
            ha="right",
            color=colour,
            xycoords=axis.get_yaxis_transform(),
            zorder=7,
        )
        axis.annotate(
            name,
            (at, values.mean()),
            (0, 2),
            textcoords="offset points",
            path_effects=halo(),
            **note,
        )
    for value in values:
        axis.plot(
            0.006,
            value,
            ".",
            color=colour,
            ms=3.5,
            mew=0,
            alpha=0.6,
            transform=axis.get_yaxis_transform(),
        )


def same_range(axes) -> None:
    """Give all panels one vertical range, so that heights can be compared."""
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def legend(axis, columns: int = 3) -> None:
    """Draw one legend above all panels: the arms of `axis`, then those of other panels only."""
    named = {}
    for panel in (axis, *axis.figure.axes):
        for handle, name in zip(*panel.get_legend_handles_labels(), strict=True):
            named.setdefault(look(handle), (handle, name))
    if named:
        handles, names = zip(*named.values(), strict=True)
        axis.figure.legend(handles, names, loc="upper left", ncols=columns)


def look(line) -> tuple:
    """The look that identifies an arm in every panel."""
    return line.get_color(), line.get_linestyle(), line.get_marker(), line.get_fillstyle()


def legend_rows(axes) -> None:
    """Draw one legend with a row per panel, for panels that have different arms."""
    from matplotlib.lines import Line2D

    rows = [list(zip(*axis.get_legend_handles_labels(), strict=True)) for axis in axes]
    blank = (Line2D([], [], linestyle="none"), "")
    # matplotlib fills a legend column by column
    columns = list(zip_longest(*rows, fillvalue=blank))
    if columns:
        handles, names = zip(*chain(*columns), strict=True)
        axes[0].figure.legend(handles, names, loc="upper left", ncols=len(columns))


def reported_at(axis, x: float, text: str) -> None:
    """Mark a position on the horizontal axis that a paper reports, with its text at the bottom."""
    axis.axvline(x, color=GREY, lw=0.7, ls=":")
    axis.annotate(
        text,
        (x, 0.02),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        color=GREY,
        size=SMALL,
    )
