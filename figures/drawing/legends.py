"""Legends, and labels at the ends of curves where a legend would have too many lines."""

import textwrap
from collections.abc import Sequence

import numpy as np

from figures.drawing import rules
from figures.drawing.rules import EVERY, LEGEND, POINTS, SMALL, WRAPPED, text_width


def legend(axis, columns: int = 3) -> None:
    """Draw one legend above all panels: the arms of `axis`, then those of other panels only.

    It has as many of the `columns` as fit. If there are more than rules.LISTED, curves have their
    labels at their ends instead.
    """
    named = listed(axis)
    if len(named) > rules.LISTED and any(handle.get_gid() for handle, _ in named):
        for panel in axis.figure.axes:
            label_ends(panel)
        named = listed(axis)
    if named:
        handles, names = zip(*named, strict=True)
        wide = (rules.COLUMN if len(axis.figure.axes) == 1 else rules.PAGE) - 0.16
        fit = legend_columns(names, wide, columns)
        axis.figure.legend(handles, names, loc="upper left", ncols=fit)


def listed(axis) -> list[tuple]:
    """(line, label) of everything with a label, `axis` first; each look once."""
    found: dict[tuple, tuple] = {}
    for panel in (axis, *axis.figure.axes):
        for handle, name in zip(*panel.get_legend_handles_labels(), strict=True):
            found.setdefault(look(handle), (handle, name))
    return list(found.values())


def look(line) -> tuple:
    """The look that identifies an arm in every panel."""
    return line.get_color(), line.get_linestyle(), line.get_marker(), line.get_fillstyle()


def legend_columns(names: Sequence[str], wide: float, most: int) -> int:
    """How many columns of a legend fit `wide` inches. matplotlib fills it column by column."""
    for columns in range(min(most, len(names)), 1, -1):
        parts = np.array_split(names, columns)
        # beside the words of a column: line 2, gap 0.8, space to the next 2, in letters' size
        beside = 4.8 * LEGEND / POINTS
        taken = sum(max(text_width(name, LEGEND) for name in of) + beside for of in parts)
        if taken <= wide:
            return columns
    return 1


def label_ends(axis, size: float = SMALL) -> None:
    """Write the label of each curve at its right, in its colour, instead of a legend."""
    lines = [line for line in axis.lines if line.get_gid() and line.get_label()[0] != "_"]
    if not lines:
        return
    words = [wrapped(line.get_label()) for line in lines]
    rows = [text.count("\n") + 1 for text in words]
    ends = axis.transData.transform([(0, last(line.get_ydata())) for line in lines])[:, 1]
    bottom, top = axis.bbox.y0, axis.bbox.y1
    room = [row * EVERY * size / POINTS / rules.HIGH for row in rows]
    wanted = np.nan_to_num((ends - bottom) / (top - bottom))  # a run that diverges at once: 0
    places = spread(wanted.tolist(), room)
    widest = max(text_width(row, size) for text in words for row in text.split("\n"))
    left, right = axis.get_xlim()
    axis.set_xlim(left, left + (right - left) / (1 - (widest + 0.04) / rules.panel_width(axis)))
    for line, text, at in zip(lines, words, places, strict=True):
        where = dict(transform=axis.get_xaxis_transform(), va="center", linespacing=1.05)
        axis.text(
            right, at, text, color=ink(line.get_color()), size=size, gid=line.get_gid(), **where
        )
        line.set_label(f"_{line.get_label()}")  # which matplotlib leaves out of legends


def last(values: Sequence[float]) -> float:
    """The last finite value; NaN without one."""
    return next((value for value in reversed(values) if np.isfinite(value)), np.nan)


def spread(wanted: Sequence[float], room: Sequence[float]) -> list[float]:
    """Places near those `wanted`, in their order, with `room` for each, within 0 and 1."""
    order = np.argsort(wanted, kind="stable")
    placed, below = np.empty(len(wanted)), 0.0
    for at in order:
        placed[at] = max(wanted[at], below + room[at] / 2)
        below = placed[at] + room[at] / 2
    above = 1.0
    for at in order[::-1]:
        placed[at] = min(placed[at], above - room[at] / 2)
        above = placed[at] - room[at] / 2
    return placed.tolist()


def wrapped(label: str) -> str:
    """A label in lines of WRAPPED letters; the paper's number is not broken."""
    return "\n".join(textwrap.wrap(label.replace("(paper: ", "(paper:\N{NO-BREAK SPACE}"), WRAPPED))


def ink(colour: str) -> tuple[float, ...]:
    """The colour, or a darker one whose contrast on white is enough for small letters."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    shade = np.array([red, green, blue])
    while 1.05 / (np.dot(shade**2.2, (0.2126, 0.7152, 0.0722)) + 0.05) < rules.CONTRAST:
        shade *= 0.95
    return tuple(shade.tolist())
