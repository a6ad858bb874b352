"""Figure 8: does codistillation match all_reduce with decaying weight decay, for two networks?

v2 Fig 8. The lr steps of the codistilled come later: 18, 38, 44.
"""

from functools import partial

from figures.drawing import panels
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import above, finals, gap_above, near
from figures.v2.fig2 import CLAIMS as FIG2

RESNET50 = ("all_reduce", "codist_decayed", "independent_decayed")
RESNEXT101 = ("resnext_all_reduce", "resnext_decayed", "resnext_independent")
PANELS = 2


def draw(arms, axes):
    panels.two_networks(axes, arms, RESNET50, RESNEXT101, "valid_top1")


LARGER = [
    Claim(
        "fig8.parity_larger",
        "paper",
        "With the larger network, codistillation matches all_reduce within one point of accuracy.",
        "v2 §A.4.2, Fig 8",
        finals(near, "valid_top1", by=1.0),
        ("resnext_decayed", "resnext_all_reduce"),
    ),
    Claim(
        "fig8.above_larger",
        "paper",
        "With the larger network, codistillation is more accurate than all_reduce.",
        "v1 §3.2, Fig 2b",  # "marginally"
        finals(above, "valid_top1"),
        ("resnext_decayed", "resnext_all_reduce"),
    ),
    Claim(
        "fig8.larger_gains_more",
        "paper",
        "The larger network benefits more: codistillation's lead over all_reduce is larger than with the smaller one.",
        "v1 §3.2, Fig 2b",
        partial(gap_above, y="valid_top1"),
        ("resnext_decayed", "resnext_all_reduce", "codist_decayed", "all_reduce"),
        after=True,
    ),
    Claim(
        "fig8.above_alone_larger",
        "control",
        "Control: with the larger network, codistillation is more accurate than independent training.",
        "ours, for v2 Fig 8",
        finals(above, "valid_top1"),
        ("resnext_decayed", "resnext_independent"),
    ),
]
CLAIMS = [*pick(FIG2, "fig2.parity_decayed"), *LARGER]
