"""Ours, views: where examples show all of a class's features or just one, do models teach each other what they see?

For v2 §5.1, on images made by Allen-Zhu and Li's definition (2020, §3). In each run 8 models, as 8/n groups.
"""

from figures.drawing import style
from figures.evidence.claim import Claim, above, below, finals

SIZE, PANELS = (5.2, 3.2), 2


def draw(arms, axes):
    family = list(arms.values())
    sizes = [int(arm.name.partition("_")[2]) for arm in family]
    for axis, y, title in zip(axes, ("valid_top1", "train_loss"), ("a  top-1 accuracy (%)", "b  training loss (nats)"),
                              strict=True):  # fmt: skip
        axis.set_xscale("log", base=2)
        style.points(axis, family, sizes, y, [""] * len(family))
        axis.set_xticks([1, 2, 4, 8], ["alone", "2", "4", "8"])
        axis.margins(x=0.15, y=0.15)
        axis.set(title=title, xlabel="models that learn from each other")


CLAIMS = [
    Claim(
        "ours_views.two_above_alone",
        "ours",
        "Two models that learn from each other are above models alone.",
        "ours, for v2 §5.1",
        finals(above, "valid_top1"),
        ("views_2", "views_1"),
    ),
    Claim(
        "ours_views.eight_above_two",
        "ours",
        "Eight models that learn from each other are above two.",
        "ours, for v2 §5.1",
        finals(above, "valid_top1"),
        ("views_8", "views_2"),
    ),
    Claim(
        "ours_views.eight_fit_less",
        "ours",
        "Eight models that learn from each other fit the training examples less closely than models alone.",
        "ours, for v2 §4.1",
        finals(below, "train_loss"),
        ("views_1", "views_8"),
    ),
]
