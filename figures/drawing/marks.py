"""Single marks of a panel: a mean with seeds and interval, a diverged run, text over lines."""

import numpy as np

from figures.drawing.rules import SMALL, around
from figures.evidence.interval import half


def mark(
    axis, x: float, values: np.ndarray, y: str, colour: str, marker: str = "o", size: float = 4.5
) -> None:
    """Draw an arm's final values of y: seeds as dots, mean and interval if none diverged."""
    # imported here, so that claims are evaluated without matplotlib
    from matplotlib.transforms import offset_copy

    left = offset_copy(axis.transData, axis.figure, x=-0.55 * size - 1.6, units="points")
    axis.plot(
        np.full(len(values), x),
        values,
        ".",
        color=colour,
        ms=2.8,
        mew=0,
        alpha=0.8,
        transform=left,
        zorder=3,
    )
    if np.isfinite(values).all():
        axis.errorbar(
            x,
            values.mean(),
            around(values, y),
            color=colour,
            lw=0.8,
            capsize=1.6,
            capthick=0.8,
            zorder=4,
        )
        axis.plot(x, values.mean(), marker, color=colour, ms=size, mec="white", mew=0.6, zorder=5)


def mark_across(
    axis, row: float, values: np.ndarray, y: str, colour: str, marker: str = "o"
) -> None:
    """Draw `mark` in a panel whose rows are arms: seeds as dots below, or "diverged"."""
    axis.plot(
        values,
        np.full(len(values), row - 0.28),
        ".",
        color=colour,
        ms=2.8,
        mew=0,
        alpha=0.8,
        zorder=3,
    )
    if np.isfinite(values).all():
        axis.errorbar(
            values.mean(),
            row,
            xerr=around(values, y),
            color=colour,
            lw=0.8,
            capsize=1.6,
            capthick=0.8,
            zorder=4,
        )
        axis.plot(values.mean(), row, marker, color=colour, ms=5.5, mec="white", mew=0.6, zorder=5)
    else:
        axis.text(
            0.02,
            row,
            "diverged",
            color=colour,
            size=SMALL,
            va="center",
            transform=axis.get_yaxis_transform(),
        )


def level(axis, y: np.ndarray, label: str, colour: str) -> None:
    """The interval of a mean that has no place on the horizontal axis, and its name at the left."""
    axis.axhspan(y.mean() - half(y), y.mean() + half(y), color=colour, alpha=0.12, lw=0, zorder=0)
    where = dict(transform=axis.get_yaxis_transform(), va="bottom", path_effects=halo())
    axis.text(0.01, y.mean(), label, size=5.5, color=colour, zorder=6, **where)


def halo() -> list:
    """The path effect of a white outline, for text over lines."""
    from matplotlib.patheffects import withStroke

    return [withStroke(linewidth=1.8, foreground="white")]


def diverged(axis, x: float, colour: str) -> None:
    """Mark a diverged run, which is a result too, on the lower edge."""
    edge = axis.get_xaxis_transform()
    axis.plot(
        x,
        0.025,
        "X",
        color=colour,
        ms=5,
        mec="white",
        mew=0.5,
        transform=edge,
        clip_on=False,
        zorder=6,
    )
    axis.text(
        x,
        0.06,
        "diverged",
        color=colour,
        size=SMALL - 1,
        ha="center",
        va="bottom",
        rotation=90,
        transform=edge,
    )
