"""Ours, rivals: does codistillation, averaging or compression reach all_reduce, for how many bits?

Small characters on two beds. Every method trains for the same number of updates of 512 examples
(128 here) in two or four workers, and each has both recipes of weight decay.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from figures.drawing import beside, legends, marks, style, ticks
from figures.drawing.rules import interval
from figures.evidence.arm import Arm
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals

# {bed: (the first words of its claims, title of its panel)}
BEDS = {
    "scarce": ("Where noise can be memorized", "noise memorizable"),
    "few": ("Where noise can be memorized in an eighth of the data", "an eighth of the data"),
    "plenty": ("Where noise is drawn anew", "noise anew"),
}
AVERAGES = {  # in words, with their bits on these beds beside those of logits
    16: "averaging weights every 16 updates, at about equal bits as v2 §3 counts",
    64: "averaging weights every 64, for fewer bits as v2 §3 counts",
}
RECIPES = DECAYED, FIXED = "decayed", "fixed"
ALL_REDUCE, ALONE = "all_reduce", "independent"
FAR = "codist_5"  # on these beds so far below the others that its accuracy is written at the bottom
# {family: (colour, marker)}
FAMILIES = {
    "all_reduce": (style.COLOURS["all_reduce"], "D"),
    "compressed gradients": (style.COLOURS["batch_2048"], "^"),
    "averaged weights": (style.COLOURS["codist_fixed"], "s"),
    "codistillation": (style.COLOURS["codist_decayed"], "o"),
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
    "diloco_64": ("averaged weights", "D 64", 1 / 2),
    "streaming_16": ("averaged weights", "F 16", 1 / 2),
    "codist": ("codistillation", "all logits", 1),
    "codist_5": ("codistillation", "every 5", 1),
    "codist_top2": ("codistillation", "2 logits", 1),
    "codist_positions_8_top8": ("codistillation", "8 logits, 1/8", 1),
    "four_push_sum": ("averaged weights", "4w push", 1),
    "four_local_16": ("averaged weights", "4w 16", 3 / 4),
    "four_diloco_16": ("averaged weights", "4w D 16", 3 / 4),
    "four_codist": ("codistillation", "4w all logits", 1),
}
PANELS, HIGH = 3, 2.9
LETTERS = (
    "averaged weights: updates between averages; P post-local, S SlowMo, D DiLoCo, F fragments, else local SGD; "
    "4w: four workers; lines: independent models"
)
TUNED = (
    "Learning rates and outer steps were tuned for each method, with other seeds. Codistilled and independent models "
    "read half as many examples an update as others (four: a quarter)"
)
METHOD = (
    "filled: decayed weight decay, mean over {seeds}, 95 % t-interval, seeds as dots; hollow: constant weight decay; "
    f"{LETTERS}, dotted with constant weight decay. {TUNED}"
)


class Panel(NamedTuple):
    """A panel of final y over bits. prefixes: {recipe: what the names of its arms begin with}."""

    title: str
    prefixes: dict[str, str]
    y: str = "valid_top1"
    room: float = 1.0  # below and above what is shown, in the unit of y
    far: str = ""  # a method so far below the others that its number is written at the bottom


class Quality(NamedTuple):
    """How claims compare two arms, with the words for it. side: of the better one, in ids."""

    side: str
    better: Callable
    is_better: str
    reaches: Callable
    ends: str


def prefix(bed: str, recipe: str) -> str:
    return f"{bed}_{recipe}_"


def wire(arm: Arm, share: float) -> float:
    """Bits per update that cross a server's link in one direction, of `share` of those that the log counts."""
    counted = [done["server_bits"] / done["update"] for done in arm.done.values()]
    return share * float(np.mean(counted))


def draw(arms, axes, beds=BEDS, far=FAR):
    shown = [
        Panel(f"top-1 (%): {words}", {recipe: prefix(bed, recipe) for recipe in RECIPES}, far=far)
        for bed, (_, words) in beds.items()
    ]
    draw_panels(arms, axes, shown)


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
    points, names = [], {}
    for method, (family, label, share) in METHODS.items():
        colour, marker = FAMILIES[family]
        size = 3.2 if method.startswith("four_") else 4.5
        for recipe, begin in of.prefixes.items():
            arm = arms.get(f"{begin}{method}")
            if not arm or arm.diverged:
                continue
            x, y = wire(arm, share), arm.final(of.y)
            if recipe == FIXED:
                shown += [y.mean()] * (method != of.far)
                look = dict(color=colour, mfc="white", ms=size - 1, mew=0.8, alpha=0.7)
                axis.plot(x * 1.1, y.mean(), marker, zorder=3, **look)
                continue
            marks.mark(axis, x, y, of.y, colour, marker, size)
            if method == of.far:
                text = f"{label}: {y.mean():.0f} ↓"
                where = dict(ha="center", va="bottom", transform=axis.get_xaxis_transform())
                look = dict(size=5.5, color=colour, path_effects=marks.halo(), zorder=6)
                axis.text(x, 0.02, text, **where, **look)
            else:
                shown += interval(y, of.y)
                points.append(beside.Point(x, y.mean(), label, colour))
    for method, label in ((ALONE, "independent"), (f"four_{ALONE}", "4w independent")):
        for recipe, dashes in ((DECAYED, (0, (3, 1.2))), (FIXED, ":")):
            alone = arms.get(f"{of.prefixes.get(recipe)}{method}")
            if alone and not alone.diverged:
                y, colour = alone.final(of.y), style.COLOURS["independent_decayed"]
                shown.append(y.mean())
                axis.axhline(y.mean(), color=colour, lw=0.9, ls=dashes, zorder=1)
                if recipe == DECAYED:
                    marks.level(axis, y, label, colour)
                    names[label] = y.mean()
    axis.margins(x=0.16)
    if shown:
        axis.set_ylim(min(shown) - of.room, max(shown) + of.room)
    ticks.bits(axis)
    beside.label(axis, [point for point in points if point.label], names)


ACCURACY = Quality(
    "above",
    finals(above, "valid_top1"),
    "is more accurate than",
    # three times the papers' larger gap at parity
    finals(above, "valid_top1", by=-1.0),
    "at most one point below",
)


def claims_of(
    figure: str, beds: dict[str, tuple[str, str]], averages: dict[int, str]
) -> list[Claim]:
    """The claims on all beds, with decayed weight decay, written before the runs. averages: in words."""
    return [
        claim
        for bed, (where, _) in beds.items()
        for claim in on_bed(f"{figure}.{bed}", prefix(bed, DECAYED), where, averages)
    ]


def on_bed(
    name: str,
    begin: str,
    where: str,
    averages: dict[int, str],
    quality: Quality = ACCURACY,
    without: tuple[str, ...] = ("codist_positions_8_top8",),
) -> list[Claim]:
    """The claims on one bed.

    name: what their ids begin with. begin: what the names of the arms begin with. averages: in words.
    without: methods that the bed does not have.
    """

    def claim(what: str, says: str, test, *methods: str) -> Claim:
        needs = tuple(f"{begin}{method}" for method in methods)
        return Claim(f"{name}_{what}", "ours", f"{where}, {says}", "ours", test, needs)

    fewer = "averaging weights every 64 updates, for fewer bits"
    # {name: (what is better, than what, the arms)}
    pairs = {
        "logits": ("codistillation by logits", averages[16], "codist", "local_16"),
        "logits_5": ("codistillation every 5 updates", averages[64], "codist_5", "local_64"),
        "logits_top2": ("codistillation by two logits", fewer, "codist_top2", "local_64"),
        "logits_positions": (
            "codistillation by eight logits of an eighth of the tokens",
            fewer,
            "codist_positions_8_top8",
            "local_64",
        ),
        "alone": ("codistillation by logits", "independent training", "codist", ALONE),
        "four": (
            "codistillation of four models by logits",
            "averaging the weights of four workers every 16 updates",
            "four_codist",
            "four_local_16",
        ),
    }
    reach = {
        "powersgd_4": "PowerSGD of rank 4",
        "topk_1": "sending the largest hundredth of gradients",
        "local_16": "local SGD with 16 updates between averages",
        "local_64": "local SGD with 64 updates between averages",
        "slowmo_16": "SlowMo with 16 updates between averages",
        "diloco_16": "DiLoCo with 16 updates between averages",
        "diloco_64": "DiLoCo with 64 updates between averages",
        "codist": "codistillation by logits",
        "codist_top2": "codistillation by two logits",
        "codist_positions_8_top8": "codistillation by eight logits of an eighth of the tokens",
        "four_push_sum": "push-sum of four workers",
        "four_local_16": "local SGD of four workers with 16 updates between averages",
    }
    return [
        *(
            claim(
                f"{pair}_{quality.side}",
                f"{one} {quality.is_better} {other}.",
                quality.better,
                a,
                b,
            )
            for pair, (one, other, a, b) in pairs.items()
            if a not in without
        ),
        *(
            claim(
                f"{method}_reaches",
                f"{who} ends {quality.ends} all_reduce.",
                quality.reaches,
                method,
                ALL_REDUCE,
            )
            for method, who in reach.items()
            if method not in without
        ),
    ]


CLAIMS = claims_of("ours_rivals", BEDS, AVERAGES)
