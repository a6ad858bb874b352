"""v1 Figure 4: does codistillation match all_reduce under a cosine schedule, for two networks?

The runs, panels and claims of v2 Figure 3.
"""

from figures.v2.fig3 import CLAIMS, PANELS, draw

__all__ = ["CLAIMS", "PANELS", "draw"]
