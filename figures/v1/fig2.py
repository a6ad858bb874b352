"""v1 Figure 2: does decaying weight decay close the gap to all_reduce, for two networks?

v1 Fig 2: checkpoints every 2500 updates for the first network (C11); predictions, as in v2 Figure
8, for the other.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import finals, near
from figures.v2.fig8 import LARGER, PANELS, RESNEXT101, SIZE

__all__ = ["CLAIMS", "PANELS", "SIZE", "draw"]

RESNET50 = ("all_reduce", "checkpoints_2500", "independent_decayed")


def draw(arms, axes):
    larger = ("all_reduce", "b: predictions, decaying wd", "b: independent")
    panels.two_networks(axes, arms, RESNET50, RESNEXT101, "valid_top1", larger)


CLAIMS = [
    Claim(
        "v1_fig2.parity",
        "paper",
        "Exchanging checkpoints with decaying weight decay matches all_reduce within one point of accuracy.",
        "v1 §3.2, Fig 2a",
        finals(near, "valid_top1", by=1.0),  # reported: 76.1 and 75.9
        ("checkpoints_2500", "all_reduce"),
        after=True,
    ),
    *LARGER,
]
