"""v1 Figure 12: how do exchange period and learning rate affect the training loss?

v1 Fig 12a, b. The runs of v1 Figure 7.
"""

from figures.evidence.claim import Claim
from figures.evidence.margin import finals, near_times, times
from figures.v1 import fig7 as v1_fig7
from figures.v1.fig7 import CHECKPOINTS, PANELS

__all__ = ["CLAIMS", "PANELS", "draw"]


def draw(arms, axes):
    v1_fig7.draw(arms, axes, y="train_loss")


CLAIMS = [
    *(
        Claim(
            f"v1_fig12.{name}",
            "paper",
            f"The paper's {name.split('_')[1]} updates match its 2500 within a tenth of the training loss.",
            "v1 §A.4, Fig 12a",
            finals(near_times, "train_loss", by=0.1),
            (name, "checkpoints_2500"),
            after=True,
        )
        for name in CHECKPOINTS
        if name != "checkpoints_2500"
    ),
    Claim(
        "v1_fig12.often_alike",
        "paper",
        "Robust to the period: the paper's 625 updates match its 5000 within a tenth of the training loss.",
        "v1 §A.4, Fig 12a",
        finals(near_times, "train_loss", by=0.1),
        ("checkpoints_625", "checkpoints_5000"),
        after=True,
    ),
    Claim(
        "v1_fig12.rate_02",
        "paper",
        "Twice the learning rate matches the base rate within a tenth of the training loss.",
        "v1 §A.4, Fig 12b",
        finals(near_times, "train_loss", by=0.1, paired=True),
        ("rate_02", "codist_decayed"),
    ),
    Claim(
        "v1_fig12.rate_08",
        "paper",
        "Beyond that, the training loss rises: eight times the learning rate is more than a tenth higher.",
        "v1 §A.4, Fig 12b",
        finals(times, "train_loss", by=1.1, paired=True),
        ("rate_08", "codist_decayed"),
        after=True,
    ),
]
