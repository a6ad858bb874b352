"""Ours, views: do models transfer features that only some examples show?

For v2 §5.1, on images made by Allen-Zhu and Li's definition (2020, §3). In each run 8 models, as
8/n groups.
"""

from figures.drawing import panels, style
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals

PANELS = 2


def draw(arms, axes):
    family = list(arms.values())
    sizes = [int(arm.name.partition("_")[2]) for arm in family]
    for axis, y in panels.over_doublings(axes, "models n that exchange predictions"):
        style.points(axis, family, sizes, y, [""] * len(family))
        axis.set_xticks([1, 2, 4, 8], ["1", "2", "4", "8"])
        axis.margins(x=0.15, y=0.15)


CLAIMS = [
    Claim(
        "ours_views.two_above_alone",
        "ours",
        "Two codistilled models are more accurate than one trained independently.",
        "ours, for v2 §5.1",
        finals(above, "valid_top1"),
        ("views_2", "views_1"),
    ),
    Claim(
        "ours_views.eight_above_two",
        "ours",
        "Eight codistilled models are more accurate than two.",
        "ours, for v2 §5.1",
        finals(above, "valid_top1"),
        ("views_8", "views_2"),
    ),
    Claim(
        "ours_views.eight_fit_less",
        "ours",
        "Eight codistilled models have a higher training loss than one trained independently.",
        "ours, for v2 §4.1",
        finals(below, "train_loss", paired=True),
        ("views_1", "views_8"),
    ),
]
