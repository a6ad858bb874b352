"""Figure 12: is all_reduce's training loss lower in translation, though validation loss is equal?

v2 Fig 12a, b (C04: the text calls b what the caption calls a).
"""

from figures.drawing import panels
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import above, finals
from figures.v2.fig4 import CLAIMS as FIG4

PANELS, draw = panels.over_training("valid_loss", "train_nll")
ANSWER = "fig12.higher_loss"

CLAIMS = [
    *pick(FIG4, "fig4.parity"),
    Claim(
        "fig12.higher_loss",
        "paper",
        "The training loss of two codistilled models is above all_reduce's.",
        "v2 §A.5, Fig 12b; v1 §A.3, Fig 11",
        finals(above, "train_nll"),
        ("wmt_codist", "wmt_all_reduce"),
    ),
    Claim(
        "fig12.higher_loss_than_alone",
        "control",
        "Control: codistillation has a higher training loss than independent training with equal batch and updates.",
        "ours, for v2 Fig 12b",
        finals(above, "train_nll", paired=True),
        ("wmt_codist", "wmt_independent"),
    ),
]
