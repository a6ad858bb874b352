"""Figure 13: do predictions and checkpoints both match all_reduce?

v2 Fig 13, of which only the caption is known: predictions at every update, checkpoints every 2500
(v1 §3.1).
"""

from figures.drawing import panels
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import below_times, finals, near_times
from figures.v2.fig1 import CLAIMS as FIG1
from figures.v2.fig2 import CLAIMS as FIG2

SHOWN = ("all_reduce", "codist_decayed", "checkpoints_2500", "independent_decayed")
LABELS = ("all_reduce", "predictions", "checkpoints", "independent")
PANELS, draw = panels.over_training(
    "train_loss", "valid_top1", names=SHOWN, labels=LABELS, columns=4
)


CLAIMS = [
    *pick(FIG2, "fig2.parity_decayed"),
    *pick(FIG1, "fig1.checkpoints_reach"),
    Claim(
        "fig13.losses_alike",
        "paper",
        "Checkpoints match predictions within a tenth of the training loss.",
        "v2 §A, Fig 13a",
        finals(near_times, "train_loss", by=0.1),
        ("checkpoints_2500", "codist_decayed"),
        after=True,
    ),
    *(
        Claim(
            f"fig13.{words}_loss",
            "paper",
            f"Exchanging {words} gives a training loss at most a tenth above all_reduce's.",
            "v2 §A, Fig 13a",
            finals(below_times, "train_loss", by=1.1),
            (name, "all_reduce"),
            after=True,
        )
        for words, name in (("predictions", "codist_decayed"), ("checkpoints", "checkpoints_2500"))
    ),
]
