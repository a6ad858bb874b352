"""v1 Figure 7: how do exchange period and learning rate affect accuracy?

v1 Fig 7a (C12), 7b (C39). Above 0.2 the paper does not give the rates; 0.1 here exchanges
predictions (C11).
"""

from codist.metrics import metric
from figures.drawing import legends, panels, style
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import below, finals, near
from figures.v2.fig1 import CHECKPOINTS
from figures.v2.fig1 import CLAIMS as FIG1

RATES = ("codist_decayed", "rate_02", "rate_04", "rate_08")
PANELS = 2
LRS = ("lr 0.1", "lr 0.2", "lr 0.4", "lr 0.8")


def draw(arms, axes, y="valid_top1"):
    periods = [f"every {style.period(arms[name])}" if name in arms else "" for name in CHECKPOINTS]
    panels.curves(
        axes[0], arms, CHECKPOINTS, y, f"a  checkpoints, by period: {metric(y).title}", periods
    )
    panels.curves(axes[1], arms, RATES, y, f"b  predictions, by lr: {metric(y).title}", LRS)
    legends.legend(axes[0])


CLAIMS = [
    *(
        Claim(
            f"v1_fig7.{name}",
            "paper",
            f"Robust to the period: the paper's {name.split('_')[1]} updates match its 2500 within one point.",
            "v1 §5, Fig 7a",
            finals(near, "valid_top1", by=1.0),
            (name, "checkpoints_2500"),
            after=True,
        )
        for name in CHECKPOINTS
        if name != "checkpoints_2500"
    ),
    *pick(FIG1, "fig1.checkpoints_often"),
    Claim(
        "v1_fig7.rate_02",
        "paper",
        "Twice the learning rate matches the base rate within one point of accuracy.",
        "v1 §5, Fig 7b",
        finals(near, "valid_top1", by=1.0),
        ("rate_02", "codist_decayed"),
    ),
    Claim(
        "v1_fig7.rate_04",
        "paper",
        "Beyond that, accuracy falls: four times the learning rate is more than one point less accurate.",
        "v1 §5, Fig 7b",
        finals(below, "valid_top1", by=1.0),
        ("rate_04", "codist_decayed"),
        after=True,
    ),
    Claim(
        "v1_fig7.rate_08",
        "paper",
        "Beyond that, accuracy falls: eight times the learning rate is more than one point less accurate.",
        "v1 §5, Fig 7b",
        finals(below, "valid_top1", by=1.0),
        ("rate_08", "codist_decayed"),
    ),
]
