"""v1 Figure 11: is all_reduce's training loss lower in translation?

v1 Fig 11; v2 Fig 12b has the same, and the claim.
"""

from figures.drawing import panels
from figures.evidence.claim import pick
from figures.v2.fig12 import CLAIMS as FIG12

PANELS, draw = panels.over_training("train_nll")

CLAIMS = pick(FIG12, "fig12.higher_loss", "fig12.higher_loss_than_alone")
