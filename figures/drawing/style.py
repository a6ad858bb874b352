"""The drawing style: one colour per arm in every figure, and lines, bands, bars and dots."""

import textwrap
from collections.abc import Sequence

import numpy as np

from figures.drawing import rules, ticks
from figures.drawing.colours import COLOURS, LABELS
from figures.drawing.marks import SMALL, diverged, halo, mark
from figures.evidence.arm import Arm

GREY = "#8A8A8A"  # only for numbers that the papers report
# share of updates in which accuracy still jumps, which does not affect a panel's range
EARLY = 0.5
COLUMN_INCHES = 0.13  # between the columns of final values
METHOD = "line, marker: mean over {seeds}; band: ±1 SE, of the arms compared; bar: 95 % t-interval; dots: the seeds"


def have(arms: dict[str, Arm], names: Sequence[str]) -> list[Arm]:
    return [arms[name] for name in names if name in arms]


def control(arm: Arm) -> bool:
    return "independent" in arm.name


def batch(arm: Arm) -> str:
    """A batch label: 2×32, or 2×32 (paper: 2×256) if the scale changed it."""
    paper = int(arm.name.removeprefix("batch_")) if arm.name.startswith("batch_") else 256
    return rules.both(arm.config["batch"], paper, "2×")


def period(arm: Arm) -> str:
    """A period's label: 25 (paper: 625), by the arm's name."""
    ours, paper = arm.config["exchange"]["period"], arm.name.rpartition("_")[2]
    return rules.both(ours, int(paper) if paper.isdigit() else ours)


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
    apart = COLUMN_INCHES / rules.panel_width(axis)
    for column, (arm, name, steps, values) in enumerate(lines):
        colour, ends = COLOURS[arm.name], right * (1.02 + apart * (column + 1))
        mean, dashes = values.mean(axis=0), (0, (3, 1.2)) if control(arm) else "-"
        axis.plot(steps, mean, color=colour, lw=1.3, ls=dashes, label=name, gid=arm.name)
        shade = axis.fill_between(steps, *rules.band(values, y), color=colour, alpha=0.18, lw=0)
        shade.set_gid(arm.name)
        mark(axis, ends, arm.final(y), y, colour, size=3.2)
        for seed in arm.diverged:
            at = arm.done[seed]["update"]
            at = at / arm.done[seed]["updates"] if x == "fraction" else at
            diverged(axis, max(at, left), colour)
        if not arm.diverged:
            seen += [mean[steps >= skip * right], np.array(rules.interval(arm.final(y), y))]
    axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= right * 1.001])
    axis.set_xlim(left, right * (1.02 + apart * (len(lines) + 0.6)))
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
    upright: bool = False,
) -> None:
    """Draw final values of arms, joined by a line, with `names` above or below them.

    upright: the names are turned by 90 degrees, where points are close.
    """
    finals = [arm.final(y) for arm in arms]
    axis.plot(x, [values.mean() for values in finals], color="0.75", lw=1.1, zorder=2)
    for arm, at, values, name in zip(arms, x, finals, names, strict=True):
        mark(axis, at, values, y, COLOURS[arm.name], marker, size=5.5)
        if arm.diverged:
            diverged(axis, at, COLOURS[arm.name])
        else:
            # one seed has no interval
            ends = np.nan_to_num(rules.interval(values, y), nan=values.mean())
            note = dict(ha="center", va="bottom" if above else "top", zorder=7)
            axis.annotate(
                name,
                (at, ends[int(above)]),
                (0, 2 if above else -2),
                textcoords="offset points",
                rotation=90 if upright else 0,
                size=SMALL,
                color="0.25",
                path_effects=halo(),
                **note,
            )


def sends_nothing(axis, arm: Arm, y: str, name: str, others: list[Arm]) -> float:
    """Draw an arm that sends nothing left of the others on a logarithmic axis of bits: its place.

    A line across the panel shows its mean.
    """
    at = min((sent for other in others if (sent := other.bits().mean()) > 0), default=8.0) / 8
    points(axis, [arm], [at], y, [name], "s")
    if not arm.diverged:
        axis.axhline(
            arm.final(y).mean(), color=COLOURS[arm.name], lw=0.9, ls=(0, (3, 1.2)), zorder=1
        )
    return at


def room_above(axis, share: float) -> None:
    """Leave `share` of the panel's height free at its top, for names."""
    low, high = axis.get_ylim()
    axis.set_ylim(low, low + (high - low) / (1 - share))


def of_arms(axis) -> list:
    """The panel's curves."""
    return [line for line in axis.lines if line.get_gid()]


def from_zero(axis) -> None:
    """Begin both axes and all curves at 0, where no row is logged: for a distance from the start."""
    for line in of_arms(axis):
        line.set_data([0, *line.get_xdata()], [0, *line.get_ydata()])
    axis.set_xlim(left=0)
    axis.set_ylim(bottom=0)


def same_range(axes) -> None:
    """Give all panels one vertical range, so that heights can be compared."""
    limits = [axis.get_ylim() for axis in axes]
    for axis in axes:
        axis.set_ylim(min(low for low, _ in limits), max(high for _, high in limits))


def reported_above(axis, text: str) -> None:
    """Write what a paper reports in grey under the panel's title."""
    lines = textwrap.wrap(text, int(rules.panel_width(axis) / rules.text_width("m", SMALL)))
    axis.set_title(axis.get_title("left") + "\n" * len(lines))
    style = dict(color=GREY, size=SMALL, va="bottom", linespacing=1.1)
    axis.annotate(
        "\n".join(lines), (0, 1), (0, 4), "axes fraction", textcoords="offset points", **style
    )


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
