"""v1 Figure 11: is all_reduce's training loss lower in translation?

v1 Fig 11; v2 Fig 12b has the same, and the claim.
"""

from figures import panels
from figures.fig12 import CLAIMS as FIG12

SWEEPS = ("translation",)
ARMS = ("wmt_all_reduce", "wmt_codist", "wmt_independent")
SIZE, PANELS, draw = panels.over_training(ARMS, "train_nll")

CLAIMS = [claim for claim in FIG12 if "Fig 1" in claim.where]
