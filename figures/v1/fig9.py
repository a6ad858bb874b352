"""v1 Figure 9: is all_reduce's training loss lower under a cosine schedule?

The runs, panels and claims of v2 Figure 10.
"""

from figures.v2.fig10 import CLAIMS, PANELS, draw

__all__ = ["CLAIMS", "PANELS", "draw"]
