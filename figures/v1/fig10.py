"""v1 Figure 10: do later learning-rate steps close the gap without decaying weight decay?

v1 Fig 10: checkpoints every 2500 updates (C11). The same question with predictions is one of v2
Figure 2's.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals

PANELS, draw = panels.over_training("train_loss", "valid_top1")


CLAIMS = [
    Claim(
        "v1_fig10.shifted_underfits",
        "paper",
        "With only the later learning-rate steps, codistillation's training loss is above all_reduce's.",
        "v1 §A.2, Fig 10",
        finals(above, "train_loss"),
        ("checkpoints_shifted", "all_reduce"),
        after=True,
    ),
    Claim(
        "v1_fig10.shifted_below",
        "paper",
        "With only the later learning-rate steps, codistillation is less accurate than all_reduce.",
        "v1 §A.2, Fig 10",
        finals(below, "valid_top1"),
        ("checkpoints_shifted", "all_reduce"),
    ),
    Claim(
        "v1_fig10.beyond_lr_steps",
        "paper",
        "Exchanging checkpoints, decaying weight decay as well is more accurate than only the later lr steps.",
        "v1 §A.2, Fig 10",
        finals(above, "valid_top1"),
        ("checkpoints_2500", "checkpoints_shifted"),
    ),
]
