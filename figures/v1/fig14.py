"""v1 Figure 14: should alpha grow from epoch to epoch in translation?

v1 Fig 14: alpha is multiplied by 1, 1.1 or 1.5 an epoch and its start tuned for each, values
unknown: we show three each and compare the best of each, chosen by the numbers that are compared,
which favours each alike.
"""

from functools import partial

import numpy as np

from codist.metrics import metric
from figures.drawing import legends, panels, style
from figures.evidence.claim import Claim
from figures.evidence.margin import below

GROWTHS = {
    "constant": ("alpha_constant_003", "alpha_constant_01", "alpha_constant_03"),
    "×1.1 an epoch": ("alpha_11_001", "wmt_codist", "alpha_11_01"),
    "×1.5 an epoch": ("alpha_15_1e6", "alpha_15_1e5", "alpha_15_1e4"),
}
PANELS = 3


def draw(arms, axes, y="valid_loss_base2"):
    for axis, letter, (growth, names) in zip(axes, "abc", GROWTHS.items(), strict=True):
        starts = [
            f"from {arms[name].config['alpha']['start']:g}" if name in arms else name
            for name in names
        ]
        panels.curves(axis, arms, names, y, f"{letter}  alpha {growth}", starts)
    axes[0].set_title(f"a  alpha constant: {metric(y).title}")
    style.same_range(axes)
    legends.legend(axes[0])


def best(arms, y):
    """The final y (seeds,) of the arm with the lowest mean."""
    return min((arm.final(y) for arm in arms), key=np.mean)


def best_below_best(*arms, y, paired):
    """Test that the best of the first three arms is below the best of the others in final y."""
    return below(best(arms[:3], y), best(arms[3:], y), how="paired" if paired else "welch")


CLAIMS = [
    Claim(
        f"v1_fig14.{name}",
        "paper",
        f"The best alpha that grows {grows} reaches a lower validation loss than the best {other}.",
        where,
        partial(best_below_best, y="valid_loss_base2", paired=True),
        GROWTHS[one] + GROWTHS[two],
    )
    for name, grows, other, where, one, two in (
        (
            "by_a_tenth",
            "by a tenth an epoch",
            "constant one",
            "v1 §A.1, §A.4, Fig 14",
            "×1.1 an epoch",
            "constant",
        ),
        (
            "by_half",
            "by half an epoch",
            "constant one",
            "v1 §A.4, Fig 14",
            "×1.5 an epoch",
            "constant",
        ),
    )
]
