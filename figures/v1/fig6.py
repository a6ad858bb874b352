"""v1 Figure 6: is codistillation's lead larger, the less data there is?

The runs, panels and claims of v2 Figure 16.
"""

from figures.v2.fig16 import CLAIMS, PANELS, SIZE, draw

__all__ = ["CLAIMS", "PANELS", "SIZE", "draw"]
