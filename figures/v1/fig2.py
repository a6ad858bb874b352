"""v1 Figure 2: does decaying weight decay close the gap to all_reduce, for two networks?

v1 Fig 2: checkpoints every 2500 updates for the first network (C11); predictions, as in v2 Figure
8, for the other.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import above, finals
from figures.v2.fig1 import CLAIMS as FIG1
from figures.v2.fig8 import LARGER, PANELS, RESNEXT101

__all__ = ["CLAIMS", "PANELS", "draw"]

RESNET50 = ("all_reduce", "checkpoints_2500", "independent_decayed")


def draw(arms, axes):
    larger = ("all_reduce", "b: predictions, decaying wd", "b: independent")
    panels.two_networks(axes, arms, RESNET50, RESNEXT101, "valid_top1", larger)


CLAIMS = [
    *pick(FIG1, "fig1.checkpoints_reach"),  # reported: 76.1 and 75.9
    Claim(
        "v1_fig2.all_reduce_above",
        "paper",
        "all_reduce is marginally more accurate than exchanging checkpoints with decaying weight decay.",
        "v1 §3.2, Fig 2a",
        finals(above, "valid_top1"),
        ("all_reduce", "checkpoints_2500"),
        after=True,
    ),
    *LARGER,
]
