"""Figure 10: is all_reduce's training loss lower under a cosine schedule?

v2 Fig 10, v1 Fig 9. The runs of Figure 3.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import below, finals
from figures.v2.fig3 import PANELS, RESNET50, RESNEXT101

__all__ = ["CLAIMS", "PANELS", "draw"]


def draw(arms, axes):
    panels.two_networks(axes, arms, RESNET50, RESNEXT101, "train_loss")


CLAIMS = [
    Claim(
        f"fig10.{name}",
        "paper",
        f"With a cosine schedule{network}, all_reduce reaches a lower training loss than codistillation.",
        "v2 §A.4.3, Fig 10; v1 Fig 9",
        finals(below, "train_loss"),
        needs,
    )
    for name, network, needs in (
        ("lower_loss", "", ("all_reduce_cosine", "codist_cosine")),
        (
            "lower_loss_larger",
            " and the larger network",
            ("resnext_all_reduce_cosine", "resnext_cosine"),
        ),
    )
]
