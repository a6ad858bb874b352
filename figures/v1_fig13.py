"""v1 Figure 13: does it matter how often transformers exchange checkpoints?

v1 Fig 13 (§5 calls it 13(a)): two periods, unknown, 2.5 apart. Early is a quarter of the updates.
"""

from figures import panels
from figures.claims import Claim, above, below, finals, near
from figures.fig4 import SIMILAR

SWEEPS = ("translation",)
OFTEN, SELDOM = "wmt_checkpoints_1000", "wmt_checkpoints_2500"
ARMS = (OFTEN, SELDOM, "wmt_independent")
SIZE, PANELS, draw = panels.over_training(ARMS, "valid_loss_base2", "train_nll", skip=0.2)
EARLY = 0.25


def early(often, seldom):
    """The validation loss of both once a quarter of the updates is done."""
    return above(*(at(arm, EARLY) for arm in (often, seldom)))


def at(arm, share):
    done, values = arm.curve("fraction", "valid_loss_base2")
    return values[:, abs(done - share).argmin()]


CLAIMS = [
    Claim(
        "Exchanging 2.5 times as often is worse early on: the validation loss is above.",
        "v1 §A.4, Fig 13",
        early,
        (OFTEN, SELDOM),
    ),
    Claim(
        "Exchanging 2.5 times as often is slightly better in the end: the validation loss is below.",
        "v1 §A.4, Fig 13",
        finals(below, "valid_loss_base2"),
        (OFTEN, SELDOM),
    ),
    Claim(
        "How often checkpoints are exchanged does not matter on the whole: in the end within 0.03 bits.",
        "v1 §5, Fig 13",
        finals(near, "valid_loss_base2", by=SIMILAR),
        (OFTEN, SELDOM),
    ),
]
