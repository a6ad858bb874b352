"""Ours, rivals: does codistillation, averaging or compression reach all_reduce, for how many bits?

Small characters on two beds. Every method trains for the same number of updates of 512 examples
(128 here) in two or four workers, and each has both recipes of weight decay.
"""

from functools import partial

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
    "four_push_sum": ("averaged weights", "4w push", 1),
    "four_local_16": ("averaged weights", "4w 16", 3 / 4),
    "four_diloco_16": ("averaged weights", "4w D 16", 3 / 4),
    "four_codist": ("codistillation", "4w all logits", 1),
}
PANELS, HIGH = 3, 2.9
METHOD = (
    "filled: decayed weight decay, mean over {seeds}, 95 % t-interval, seeds as dots; hollow: constant weight decay; "
    "averaged weights: updates between averages; P post-local, S SlowMo, D DiLoCo, F fragments, else local SGD; "
    "4w: four workers; lines: independent models, dotted with constant weight decay. Learning rates and outer steps "
    "were tuned for each method, with other seeds. Codistilled and independent models read half as many examples an "
    "update as others (four: a quarter)"
)


def wire(arm: Arm, share: float) -> float:
    """Bits per update that cross a server's link in one direction, of `share` of those that the log counts."""
    counted = [done["server_bits"] / done["update"] for done in arm.done.values()]
    return share * float(np.mean(counted))


def draw(arms, axes, beds=BEDS, far=FAR):
    for axis, letter, (bed, (_, words)) in zip(axes, "abc"[: len(beds)], beds.items(), strict=True):
        panel(axis, arms, bed, far)
        axis.set(title=f"{letter}  top-1 (%): {words}", xlabel="bits an update of a server")
    for name, (colour, marker) in FAMILIES.items():
        axes[0].plot([], [], marker, color=colour, label=name)
    legends.legend(axes[0], columns=4)


def panel(axis, arms: dict[str, Arm], bed: str, far: str) -> None:
    axis.set_xscale("log")
    shown = []  # accuracies that the panel has room for
    points, names = [], {}
    for method, (family, label, share) in METHODS.items():
        colour, marker = FAMILIES[family]
        size = 3.2 if method.startswith("four_") else 4.5
        for recipe in RECIPES:
            arm = arms.get(f"{bed}_{recipe}_{method}")
            if not arm or arm.diverged:
                continue
            x, y = wire(arm, share), arm.final("valid_top1")
            if recipe == FIXED:
                shown += [y.mean()] * (method != far)
                look = dict(color=colour, mfc="white", ms=size - 1, mew=0.8, alpha=0.7)
                axis.plot(x * 1.1, y.mean(), marker, zorder=3, **look)
                continue
            marks.mark(axis, x, y, "valid_top1", colour, marker, size)
            if method == far:
                text = f"{label}: {y.mean():.0f} ↓"
                where = dict(ha="center", va="bottom", transform=axis.get_xaxis_transform())
                look = dict(size=5.5, color=colour, path_effects=marks.halo(), zorder=6)
                axis.text(x, 0.02, text, **where, **look)
            else:
                shown += interval(y, "valid_top1")
                points.append(beside.Point(x, y.mean(), label, colour))
    for method, label in ((ALONE, "independent"), (f"four_{ALONE}", "4w independent")):
        for recipe, dashes in ((DECAYED, (0, (3, 1.2))), (FIXED, ":")):
            alone = arms.get(f"{bed}_{recipe}_{method}")
            if alone and not alone.diverged:
                y, colour = alone.final("valid_top1"), style.COLOURS["independent_decayed"]
                shown.append(y.mean())
                axis.axhline(y.mean(), color=colour, lw=0.9, ls=dashes, zorder=1)
                if recipe == DECAYED:
                    marks.level(axis, y, label, colour)
                    names[label] = y.mean()
    axis.margins(x=0.16)
    if shown:
        axis.set_ylim(min(shown) - 1, max(shown) + 1)
    ticks.bits(axis)
    beside.label(axis, [point for point in points if point.label], names)


def claims_of(
    figure: str, beds: dict[str, tuple[str, str]], averages: dict[int, str]
) -> list[Claim]:
    """The claims on all beds, with decayed weight decay, written before the runs. averages: in words."""
    return [c for bed, (where, _) in beds.items() for c in on_bed(figure, bed, where, averages)]


def on_bed(figure: str, bed: str, where: str, averages: dict[int, str]) -> list[Claim]:
    def arm(method: str) -> str:
        return f"{bed}_{DECAYED}_{method}"

    def claim(name: str, says: str, test, *methods: str) -> Claim:
        needs = tuple(map(arm, methods))
        return Claim(f"{figure}.{bed}_{name}", "ours", f"{where}, {says}", "ours", test, needs)

    higher = finals(above, "valid_top1")
    # one point: three times the papers' larger gap at parity
    reaches = partial(finals, above, "valid_top1", by=-1.0)
    # {name: (what is more accurate, than what, the arms)}
    pairs = {
        "logits": ("codistillation by logits", averages[16], "codist", "local_16"),
        "logits_5": ("codistillation every 5 updates", averages[64], "codist_5", "local_64"),
        "logits_top2": (
            "codistillation by two logits",
            "averaging weights every 64 updates, for fewer bits",
            "codist_top2",
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
        "powersgd_4": "PowerSGD of rank 4 ends",
        "topk_1": "sending the largest hundredth of gradients ends",
        "local_16": "local SGD with 16 updates between averages ends",
        "local_64": "local SGD with 64 updates between averages ends",
        "slowmo_16": "SlowMo with 16 updates between averages ends",
        "diloco_16": "DiLoCo with 16 updates between averages ends",
        "diloco_64": "DiLoCo with 64 updates between averages ends",
        "codist": "codistillation by logits ends",
        "codist_top2": "codistillation by two logits ends",
        "four_push_sum": "push-sum of four workers ends",
        "four_local_16": "local SGD of four workers with 16 updates between averages ends",
    }
    return [
        *(
            claim(f"{name}_above", f"{one} is more accurate than {other}.", higher, a, b)
            for name, (one, other, a, b) in pairs.items()
        ),
        *(
            claim(
                f"{method}_reaches",
                f"{who} at most one point below all_reduce.",
                reaches(),
                method,
                ALL_REDUCE,
            )
            for method, who in reach.items()
        ),
    ]


CLAIMS = claims_of("ours_rivals", BEDS, AVERAGES)
