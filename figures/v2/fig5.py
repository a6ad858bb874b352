"""Figure 5: are four models better than two at equal updates per model?

v2 Fig 5. Eight models, and independent training, are ours.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals, near, near_times

SHOWN = ("codist_decayed", "nway_4", "nway_8", "independent_decayed")
LABELS = ("n=2", "n=4", "n=8", "independent")
PANELS, draw = panels.over_training(
    "train_loss", "valid_top1", names=SHOWN, labels=LABELS, columns=4
)


# "Nothing changes" is a claim of equivalence, so it holds only if the interval is narrow enough.
CLAIMS = [
    Claim(
        "fig5.four_accuracy",
        "paper",
        "Four models match two within one point of accuracy.",
        "v2 §5, Fig 5",
        finals(near, "valid_top1", by=1.0),
        ("nway_4", "codist_decayed"),
    ),
    Claim(
        "fig5.four_loss",
        "paper",
        "Four models match two within a tenth of the training loss.",
        "v2 §5, Fig 5",
        finals(near_times, "train_loss", by=0.1, paired=True),
        ("nway_4", "codist_decayed"),
    ),
    Claim(
        "fig5.eight_accuracy",
        "ours",
        "Eight models match two within one point of accuracy.",
        "ours, for v2 Fig 5",
        finals(near, "valid_top1", by=1.0),
        ("nway_8", "codist_decayed"),
    ),
    Claim(
        "fig5.eight_above_alone",
        "control",
        "Control: eight codistilled models are more accurate than one trained independently.",
        "ours, for v2 Fig 5",
        finals(above, "valid_top1"),
        ("nway_8", "independent_decayed"),
    ),
]
