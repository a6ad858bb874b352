"""v1 Figure 10: do the later lr steps alone explain parity, without the decay of weight decay?

v1 Fig 10: checkpoints every 2500 updates (C11). The same question with predictions is one of v2 Figure 2's.
"""

from figures import panels, style
from figures.claims import Claim, above, below, finals

SWEEPS = ("regularization", "communication")
ARMS = ("all_reduce", "checkpoints_shifted", "checkpoints_2500")
SIZE, PANELS = (6.4, 3.2), 2


def draw(arms, axes):
    panels.curves(axes[0], arms, ARMS, "train_loss", "a  training loss (nats)")
    panels.curves(axes[1], arms, ARMS, "valid_top1", "b  top-1 accuracy (%)")
    style.legend(axes[0])


CLAIMS = [
    Claim(
        "With the later lr steps alone, accuracy stays below all_reduce.",
        "v1 §A.2, Fig 10",
        finals(below, "valid_top1"),
        ("checkpoints_shifted", "all_reduce"),
    ),
    Claim(
        "Decaying weight decay as well is above them, checkpoints exchanged.",
        "v1 §A.2, Fig 10",
        finals(above, "valid_top1"),
        ("checkpoints_2500", "checkpoints_shifted"),
    ),
]
