"""v1 Figure 1: does codistillation, out of the box, underfit and move less?

v1 Fig 1a-c: checkpoints every 2500 updates, constant weight decay (C11). all_reduce has twice the batch and lr.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim, above, below, finals

SHOWN = ("all_reduce", "checkpoints_fixed", "independent_fixed")
SIZE, PANELS, draw = panels.over_training("train_loss", "valid_top1", "distance", names=SHOWN)


CLAIMS = [
    Claim(
        "v1_fig1.underfits",
        "paper",
        "Exchanging checkpoints with constant weight decay underfits: training loss above all_reduce's.",
        "v1 §3.1, Fig 1a",
        finals(above, "train_loss"),
        ("checkpoints_fixed", "all_reduce"),
    ),
    Claim(
        "v1_fig1.below",
        "paper",
        "Exchanging checkpoints with constant weight decay, accuracy is clearly below all_reduce's: by "
        "more than one point.",
        "v1 §3.1, Fig 1b",
        finals(below, "valid_top1", by=1.0),  # half of "about two points", as in Figure 2
        ("checkpoints_fixed", "all_reduce"),
    ),
    Claim(
        "v1_fig1.nearer",
        "paper",
        "Exchanging checkpoints with constant weight decay, weights end nearer to their initialization than "
        "all_reduce's.",
        "v1 §3.1, Fig 1c",
        finals(below, "distance"),
        ("checkpoints_fixed", "all_reduce"),
    ),
    Claim(
        "v1_fig1.nearer_than_alone",
        "control",
        "Control, not in the papers: exchanging checkpoints with constant weight decay, weights end nearer to their "
        "initialization than trained alone, batch and lr the same.",
        "ours, for v1 Fig 1c",
        finals(below, "distance"),
        ("checkpoints_fixed", "independent_fixed"),
    ),
]
