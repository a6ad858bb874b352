"""v1 Figure 8: is all_reduce's training loss lower, though validation accuracy is equal?

The runs, panels and claims of v2 Figure 9.
"""

from figures.v2.fig9 import CLAIMS, PANELS, draw

__all__ = ["CLAIMS", "PANELS", "draw"]
