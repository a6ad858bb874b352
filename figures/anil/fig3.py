"""Anil Figure 3: do two codistilled groups of 16,384 need fewer steps than one?

Anil et al. §3.3.1, Fig 3: burn-in of 3000 of 7250 steps; 75 % at 5250, where one group needs 7250;
75.6 at the end.
"""

from functools import partial

import numpy as np

from figures.drawing import legends, panels, style
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals, near
from figures.evidence.results import reported

PANELS = 1
ANSWER = "anil_fig3.fewer_steps"
EARLIER = 5250 / 7250  # of the steps


def draw(arms, axes):
    (axis,) = axes
    panels.curves(axis, arms, tuple(arms), "valid_top1", "top-1 accuracy (%)", skip=0.65)
    style.reported_at(axis, EARLIER, "5250 of 7250 steps")
    paper = reported("anil fig3")
    one, two = (paper[arm, "valid_top1"] for arm in ("sync_16384", "codist_16384"))
    style.reported_above(axis, f"paper, on ImageNet: one group {one:g}, two groups {two:g}")
    legends.legend(axis)


def earlier_near(codist, sync, y, share, by):
    """Test codistillation at a share of the steps against the final value of one group."""
    at, values = codist.curve("fraction", y)
    return near(values[:, np.searchsorted(at, share, side="right") - 1], sync.final(y), by)


CLAIMS = [
    Claim(
        "anil_fig3.above_at_equal_steps",
        "paper",
        "At equal steps two codistilled groups are more accurate than one.",
        "Anil §3.3.1, Fig 3",
        finals(above, "valid_top1"),
        ("codist_16384", "sync_16384"),
    ),
    Claim(
        "anil_fig3.fewer_steps",
        "paper",
        "Two codistilled groups have the same accuracy, within half a point, after 5250/7250 of the steps of one.",
        "Anil §3.3.1, Fig 3",
        # half a point: 75 % is printed without decimals, and 0.6 points more count as a gain
        partial(earlier_near, y="valid_top1", share=EARLIER, by=0.5),
        ("codist_16384", "sync_16384"),
        after=True,
    ),
]
