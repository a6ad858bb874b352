"""In the text: does codistillation keep an over-sized transformer from overfitting a small corpus?

v2 §A.7, v1 §4: the big transformer on IWSLT'14 ends at a validation loss of 2.31, all_reduce at
2.37.
"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import below, finals

PANELS, draw = panels.over_training("valid_loss", "train_nll")

CLAIMS = [
    Claim(
        "text_iwslt.lower_loss",
        "paper",
        "Two codistilled over-sized models reach a lower validation loss than all_reduce.",
        "v2 §A.7; v1 §4",
        finals(below, "valid_loss"),
        ("oversized_codist", "oversized_all_reduce"),
    ),
    Claim(
        "text_iwslt.lower_than_alone",
        "control",
        "Control: two codistilled over-sized models reach a lower validation loss than independent training.",
        "ours, for v2 §A.7",
        finals(below, "valid_loss", paired=True),
        ("oversized_codist", "oversized_independent"),
    ),
]
