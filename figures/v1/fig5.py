"""v1 Figure 5: do two codistilled transformers match all_reduce without label smoothing?

v1 Fig 5; v2 Fig 4 has the same, and the claim.
"""

from figures.drawing import panels
from figures.evidence.claim import pick
from figures.v2.fig4 import CLAIMS as FIG4

PANELS, draw = panels.over_training("valid_loss_base2")

CLAIMS = pick(FIG4, "fig4.parity")
