"""v1 Figure 6: does codistillation's lead grow as data shrinks?

The runs, panels and claims of v2 Figure 16.
"""

from figures.v2.fig16 import CLAIMS, PANELS, draw

__all__ = ["CLAIMS", "PANELS", "draw"]
