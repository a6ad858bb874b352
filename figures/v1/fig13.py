"""v1 Figure 13: does it matter how often transformers exchange checkpoints?

v1 Fig 13 (§5 calls it 13(a)): two periods, unknown, 2.5 apart. Early is a quarter of the updates.
"""

from functools import partial

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals, near
from figures.v2.fig4 import SIMILAR

OFTEN, SELDOM = "wmt_checkpoints_1000", "wmt_checkpoints_2500"
PANELS, draw = panels.over_training("valid_loss_base2", "train_nll", skip=0.2, bits=True)
EARLY = 0.25


def above_at(often, seldom, y, share):
    """Test that y of `often` is above that of `seldom` at a share of the updates."""
    return above(*(at(arm, y, share) for arm in (often, seldom)))


def at(arm, y, share):
    done, values = arm.curve("fraction", y)
    return values[:, abs(done - share).argmin()]


CLAIMS = [
    Claim(
        "v1_fig13.often_worse_early",
        "paper",
        "Exchanging 2.5 times as often is worse early on: the validation loss is higher.",
        "v1 §A.4, Fig 13",
        partial(above_at, y="valid_loss_base2", share=EARLY),
        (OFTEN, SELDOM),
    ),
    Claim(
        "v1_fig13.often_better_late",
        "paper",
        "Exchanging 2.5 times as often is slightly better in the end: the validation loss is lower.",
        "v1 §A.4, Fig 13",
        finals(below, "valid_loss_base2"),
        (OFTEN, SELDOM),
    ),
    Claim(
        "v1_fig13.period_alike",
        "paper",
        "The checkpoint period does not matter in the end: within 0.03 bits of validation loss.",
        "v1 §5, Fig 13",
        finals(near, "valid_loss_base2", by=SIMILAR),
        (OFTEN, SELDOM),
    ),
]
