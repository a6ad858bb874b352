"""A panel of methods that exchange: the final quality of each over the bits that it sends."""

from typing import NamedTuple

import numpy as np

from figures.drawing import beside, colours, legends, marks, style, ticks
from figures.drawing.rules import interval
from figures.evidence.arm import Arm

RECIPES = DECAYED, FIXED = "decayed", "fixed"
ALL_REDUCE, ALONE = "all_reduce", "independent"
# {family: (colour, marker)}
FAMILIES = {
    "all_reduce": (colours.METHODS["gradients"], "D"),
    "compressed gradients": (colours.METHODS["compressed gradients"], "^"),
    "averaged weights": (colours.METHODS["averaged weights"], "s"),
    "codistillation": (colours.METHODS["predictions"], "o"),
}
# {method of the sweep: (family, label, share of its counted bits that crosses a server's link in one direction)}
# v2 §3 counts an all_reduce of b bits as 2b, of which a ring of m workers sends 2b (m-1)/m, and equal messages of the
# two devices of a server as two
METHODS = {
    "all_reduce": ("all_reduce", "", 1 / 2),
    "powersgd_4": ("compressed gradients", "PowerSGD", 1 / 2),
    "topk_1": ("compressed gradients", "top 1 %", 1 / 2),
    "local_4": ("averaged weights", "4", 1 / 2),
    "local_16": ("averaged weights", "16", 1 / 2),
    "local_64": ("averaged weights", "64", 1 / 2),
    "post_16": ("averaged weights", "P 16", 1 / 2),
    "slowmo_16": ("averaged weights", "S 16", 1 / 2),
    "diloco_16": ("averaged weights", "D 16", 1 / 2),
    "slowmo_16_tuned": ("averaged weights", "S 16", 1 / 2),
    "diloco_16_tuned": ("averaged weights", "D 16", 1 / 2),
    "diloco_64": ("averaged weights", "D 64", 1 / 2),
    "streaming_16": ("averaged weights", "F 16", 1 / 2),
    "codist": ("codistillation", "all logits", 1),
    "codist_5": ("codistillation", "every 5", 1),
    "codist_top2": ("codistillation", "2 logits", 1),
    "codist_positions_8_top8": ("codistillation", "8 logits, 1/8", 1),
    "codist_copies": ("codistillation", "copies", 1 / 2),
    "four_push_sum": ("averaged weights", "4w push", 1),
    "four_local_16": ("averaged weights", "4w 16", 3 / 4),
    "four_diloco_16": ("averaged weights", "4w D 16", 3 / 4),
    "four_codist": ("codistillation", "4w all logits", 1),
}
LETTERS = (
    "averaged weights: updates between averages; P post-local, S SlowMo, D DiLoCo, F fragments, else local SGD; "
    "4w: four workers; lines: independent models"
)


class Panel(NamedTuple):
    """A panel of final y over bits. prefixes: {recipe: what the names of its arms begin with}."""

    title: str
    prefixes: dict[str, str]
    y: str = "valid_top1"
    room: float = 1.0  # below and above what is shown, in the unit of y
    far: tuple[str, ...] = ()  # methods written at the edge, so far are they from the others
    hidden: tuple[str, ...] = ()  # methods that others replace, and that are not drawn


def wire(arm: Arm, share: float) -> float:
    """Bits per update that cross a server's link in one direction, of `share` of those that the log counts."""
    counted = [done["server_bits"] / done["update"] for done in arm.done.values()]
    return share * float(np.mean(counted))


def draw_panels(arms: dict[str, Arm], axes, shown: list[Panel]) -> None:
    for axis, letter, of in zip(axes, "abc"[: len(shown)], shown, strict=True):
        panel(axis, arms, of)
        axis.set(title=f"{letter}  {of.title}", xlabel="bits an update of a server")
    for name, (colour, marker) in FAMILIES.items():
        axes[0].plot([], [], marker, color=colour, label=name)
    legends.legend(axes[0], columns=4)


def panel(axis, arms: dict[str, Arm], of: Panel) -> None:
    axis.set_xscale("log")
    shown = []  # values that the panel has room for
    points, names, far = [], {}, []
    # no sweep has all methods
    there = arms.keys() - {f"{begin}{one}" for begin in of.prefixes.values() for one in of.hidden}
    for method, (family, label, share) in METHODS.items():
        colour, marker = FAMILIES[family]
        size = 3.2 if method.startswith("four_") else 4.5
        for recipe, begin in of.prefixes.items():
            if (name := f"{begin}{method}") not in there or (arm := arms[name]).diverged:
                continue
            x, y = wire(arm, share), arm.final(of.y)
            if recipe == FIXED:
                shown += [y.mean()] * (method not in of.far)
                look = dict(color=colour, mfc="white", ms=size - 1, mew=0.8, alpha=0.7)
                axis.plot(x * 1.1, y.mean(), marker, zorder=3, **look)
                continue
            marks.mark(axis, x, y, of.y, colour, marker, size)
            if method in of.far:
                far.append((x, y.mean(), label, colour))
            else:
                shown += interval(y, of.y)
                points.append(beside.Point(x, y.mean(), label, colour))
    for method, label in ((ALONE, "independent"), (f"four_{ALONE}", "4w independent")):
        for recipe, begin in of.prefixes.items():
            if (name := f"{begin}{method}") in there and not arms[name].diverged:
                y, colour = arms[name].final(of.y), style.COLOURS["independent_decayed"]
                shown.append(y.mean())
                dashes = (0, (3, 1.2)) if recipe == DECAYED else ":"
                axis.axhline(y.mean(), color=colour, lw=0.9, ls=dashes, zorder=1)
                if recipe == DECAYED:
                    marks.level(axis, y, label, colour)
                    names[label] = y.mean()
    axis.margins(x=0.16)
    if shown:
        axis.set_ylim(min(shown) - of.room, max(shown) + of.room)
        for those in far:
            beyond(axis, *those)
    ticks.bits(axis)
    beside.label(axis, [point for point in points if point.label], names)


def beyond(axis, x: float, y: float, label: str, colour: str) -> None:
    """Write y, which the panel has no room for, at the edge that it is beyond."""
    above = y > axis.get_ylim()[1]
    at, side, arrow = (0.98, "top", "↑") if above else (0.02, "bottom", "↓")
    where = dict(ha="center", va=side, transform=axis.get_xaxis_transform())
    look = dict(size=5.5, color=colour, path_effects=marks.halo(), zorder=6)
    axis.text(x, at, f"{label}: {y:.2g} {arrow}", **where, **look)
