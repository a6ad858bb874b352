"""v1 Figure 1: does codistillation underfit out of the box, and move less from initialization?

v1 Fig 1a-c: checkpoints every 2500 updates, constant weight decay (C11). all_reduce has twice the
batch and lr.
"""

from figures.drawing import panels, style
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals

SHOWN = ("all_reduce", "checkpoints_fixed", "independent_fixed")
PANELS, curves = panels.over_training("train_loss", "valid_top1", "distance", names=SHOWN)


def draw(arms, axes):
    curves(arms, axes)
    style.from_zero(axes[2])


CLAIMS = [
    Claim(
        "v1_fig1.underfits",
        "paper",
        "Exchanging checkpoints with constant weight decay underfits: training loss is above all_reduce's.",
        "v1 §3.1, Fig 1a",
        finals(above, "train_loss"),
        ("checkpoints_fixed", "all_reduce"),
    ),
    Claim(
        "v1_fig1.below",
        "paper",
        "Exchanging checkpoints with constant weight decay is more than one point less accurate than all_reduce.",
        "v1 §3.1, Fig 1b",
        finals(below, "valid_top1", by=1.0),  # half of "about two points", as in Figure 2
        ("checkpoints_fixed", "all_reduce"),
    ),
    Claim(
        "v1_fig1.nearer",
        "paper",
        "With checkpoints and constant weight decay, weights end closer to their initialization than all_reduce's.",
        "v1 §3.1, Fig 1c",
        finals(below, "distance"),
        ("checkpoints_fixed", "all_reduce"),
    ),
    Claim(
        "v1_fig1.nearer_than_alone",
        "control",
        "Control: with checkpoints and constant weight decay, weights end closer to their initialization than "
        "independently trained ones with the same batch and learning rate.",
        "ours, for v1 Fig 1c",
        finals(below, "distance"),
        ("checkpoints_fixed", "independent_fixed"),
    ),
]
