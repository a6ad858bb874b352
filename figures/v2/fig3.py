"""Figure 3: does codistillation match all_reduce under a cosine schedule, and for a larger network?

v2 Fig 3, v1 Fig 4.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals, near

RESNET50 = ("all_reduce_cosine", "codist_cosine", "independent_cosine")
RESNEXT101 = ("resnext_all_reduce_cosine", "resnext_cosine")
PANELS = 2


def draw(arms, axes):
    panels.two_networks(axes, arms, RESNET50, RESNEXT101, "valid_top1")


CLAIMS = [
    Claim(
        "fig3.parity",
        "paper",
        "With a cosine schedule, codistillation matches all_reduce within one point of accuracy.",
        "v2 §4.1, Fig 3; v1 Fig 4a",
        finals(near, "valid_top1", by=1.0),  # as in Figure 2b
        ("codist_cosine", "all_reduce_cosine"),
    ),
    Claim(
        "fig3.parity_larger",
        "paper",
        "With a cosine schedule and the larger network, codistillation matches all_reduce within one point.",
        "v2 §4.1, Fig 3",
        finals(near, "valid_top1", by=1.0),
        ("resnext_cosine", "resnext_all_reduce_cosine"),
    ),
    Claim(
        "fig3.above_larger",
        "paper",
        "With the larger network and a cosine schedule, codistillation is more accurate than all_reduce.",
        "v1 §3.2, Fig 4b",
        finals(above, "valid_top1"),
        ("resnext_cosine", "resnext_all_reduce_cosine"),
    ),
    Claim(
        "fig3.above_alone",
        "control",
        "Control: with a cosine schedule, codistillation is more accurate than independent training.",
        "ours, for v2 Fig 3",
        finals(above, "valid_top1"),
        ("codist_cosine", "independent_cosine"),
    ),
]
