"""v1 Figure 3: does codistillation keep its accuracy as the batch doubles?

v1 Fig 3, whose caption and values are lost: the runs of v2 Figures 2c and 11, over training.
"""

from figures.drawing import legends, panels, style
from figures.evidence.claim import pick
from figures.v2.fig2 import BATCHES
from figures.v2.fig2 import CLAIMS as FIG2

PANELS = 1


def draw(arms, axes):
    labels = [style.batch(arms[name]) if name in arms else name for name in BATCHES]
    panels.curves(axes[0], arms, BATCHES, "valid_top1", "top-1 accuracy (%)", labels)
    legends.legend(axes[0])


CLAIMS = pick(FIG2, "fig2.batch_128", "fig2.batch_512", "fig2.batch_1024", "fig2.batch_2048")
