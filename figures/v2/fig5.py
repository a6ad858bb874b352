"""Figure 5: do four models do better than two, at equal updates of each?

v2 Fig 5. Eight models, and one trained alone, are ours.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim, above, finals, near, near_times

SHOWN = ("codist_decayed", "nway_4", "nway_8", "independent_decayed")
LABELS = ("n=2", "n=4", "n=8", "control: alone")
SIZE, PANELS, draw = panels.over_training("train_loss", "valid_top1", names=SHOWN, labels=LABELS, columns=4)


# "Nothing changes" is a claim that two numbers are alike, so it holds only where an interval is narrow enough.
CLAIMS = [
    Claim(
        "fig5.four_accuracy",
        "paper",
        "Four models end alike with two in accuracy: within one point of each other.",
        "v2 §5, Fig 5",
        finals(near, "valid_top1", by=1.0),
        ("nway_4", "codist_decayed"),
    ),
    Claim(
        "fig5.four_loss",
        "paper",
        "Four models end alike with two in training loss: within a tenth.",
        "v2 §5, Fig 5",
        finals(near_times, "train_loss", by=0.1),
        ("nway_4", "codist_decayed"),
    ),
    Claim(
        "fig5.eight_accuracy",
        "ours",
        "Eight models end alike with two in accuracy: within one point of each other.",
        "ours, for v2 Fig 5",
        finals(near, "valid_top1", by=1.0),
        ("nway_8", "codist_decayed"),
    ),
    Claim(
        "fig5.eight_above_alone",
        "control",
        "Control, not in the papers: eight codistilled are above one trained alone.",
        "ours, for v2 Fig 5",
        finals(above, "valid_top1"),
        ("nway_8", "independent_decayed"),
    ),
]
