"""Figure 9: is all_reduce's training loss lower, though validation accuracy is equal?

v2 Fig 9, v1 Fig 8. The runs of Figure 8.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import below, finals
from figures.v2.fig2 import CLAIMS as FIG2
from figures.v2.fig8 import PANELS, RESNET50, RESNEXT101

__all__ = ["CLAIMS", "PANELS", "draw"]


def draw(arms, axes):
    panels.two_networks(axes, arms, RESNET50, RESNEXT101, "train_loss")


CLAIMS = [
    *pick(FIG2, "fig2.all_reduce_lower_loss"),
    Claim(
        "fig9.lower_loss_larger",
        "paper",
        "With the larger network, all_reduce reaches a lower training loss than codistillation.",
        "v2 §A.4.2, Fig 9; v1 Fig 8",
        finals(below, "train_loss"),
        ("resnext_all_reduce", "resnext_decayed"),
    ),
]
