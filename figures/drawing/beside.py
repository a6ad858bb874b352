"""Labels beside the points of a panel, each where it covers the least of points and other labels."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from figures.drawing import marks, rules

MARK, GAP = 2.5, 4.0  # points: half a mark's size, from a mark's middle to its label
FAR = 3  # distances at which a label may stand, in GAP; from the second a line leads to its point
COST = 2.0  # square points that a label may cover before it moves by one distance


class Point(NamedTuple):
    """A point in data coordinates, with its label."""

    x: float
    y: float
    label: str
    colour: str


class Box(NamedTuple):
    """A rectangle in points of 1/72 inch from the lower left corner of the panel."""

    left: float
    bottom: float
    right: float
    top: float


def label(axis, points: Sequence[Point], names: dict[str, float], size=5.5) -> None:
    """Label the points of a panel, once its limits are final.

    names: {what is written at the left edge: its y}, which labels leave free
    """
    if not points:
        return
    panel = Box(0, 0, *(rules.POINTS * inches for inches in rules.panel_size(axis)))
    to_panel = axis.transScale + axis.transLimits
    middles = to_panel.transform([(p.x, p.y) for p in points]) * (panel.right, panel.top)
    taken = [Box(x - MARK, y - MARK, x + MARK, y + MARK) for x, y in middles]
    for name, y in names.items():
        bottom = to_panel.transform((points[0].x, y))[1] * panel.top
        wide = rules.text_width(name, size) * rules.POINTS
        taken.append(Box(0, bottom, wide, bottom + rules.EVERY * size))
    for point, (x, y) in zip(points, middles, strict=True):
        wide = rules.text_width(point.label, size) * rules.POINTS
        found = placed((x, y), (wide, size), taken, panel)
        taken.append(found)
        middle = np.array([found.left + found.right, found.bottom + found.top]) / 2 - (x, y)
        nearest = np.clip((x, y), found[:2], found[2:]) - (x, y)
        if np.hypot(*nearest) > 1.5 * GAP:
            # by itself, since matplotlib finds where a label's own line leaves it by trying, and
            # the last bits of a position decide where it stops
            line = dict(arrowstyle="-", lw=0.4, color=point.colour, shrinkA=0, shrinkB=0)
            where = dict(textcoords="offset points", zorder=3)
            axis.annotate("", (point.x, point.y), xytext=tuple(nearest), arrowprops=line, **where)
        axis.annotate(
            point.label,
            (point.x, point.y),
            xytext=tuple(middle),
            textcoords="offset points",
            ha="center",
            va="center",
            size=size,
            color=point.colour,
            path_effects=marks.halo(),
            zorder=6,
        )


def placed(
    at: tuple[float, float], extent: tuple[float, float], taken: Sequence[Box], panel: Box
) -> Box:
    """The place, of all sides and distances, where a label of this extent covers the least."""
    wide, tall = extent
    candidates = []
    for distance in range(1, FAR + 1):
        for side in ((1, 1), (1, -1), (1, 0), (-1, 1), (-1, -1), (-1, 0), (0, 1), (0, -1)):
            x = at[0] + side[0] * (distance * GAP + wide / 2)
            # beside a mark and not at its corner, unless it is right above or below
            away = distance * GAP + tall / 2 if side[0] == 0 else distance * GAP
            y = at[1] + side[1] * away
            box = Box(x - wide / 2, y - tall / 2, x + wide / 2, y + tall / 2)
            covered = sum(overlap(box, other) for other in taken)
            outside = wide * tall - overlap(box, panel)
            candidates.append((covered + 5 * outside + COST * distance, box))
    # rounded: processors differ in the last bit of a logarithm, which would choose among equal places
    return min(candidates, key=lambda one: round(one[0], 6))[1]


def overlap(one: Box, other: Box) -> float:
    """The area that two rectangles share, in square points."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    tall = min(one.top, other.top) - max(one.bottom, other.bottom)
    return max(wide, 0.0) * max(tall, 0.0)
