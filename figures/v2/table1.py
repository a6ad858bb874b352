"""Table 1: training loss and accuracy over a 16-fold range of batch sizes.

v2 Table 1, the ends of Figs 2c and 11; the claims about it are theirs.
"""

from figures.drawing import style, tables
from figures.evidence.results import reported
from figures.v2.fig2 import BATCHES
from figures.v2.fig11 import CLAIMS

__all__ = ["CLAIMS", "HEAD", "rows"]

HEAD = ("batch", "training loss", "top-1 (%)", "training loss, reported", "top-1 (%), reported")


def rows(arms):
    """Our numbers and the paper's, which are for ImageNet and have no error bars."""
    paper = reported("v2 table1")
    for name in BATCHES:
        ours = [tables.mean(arms.get(name), y) for y in ("train_loss", "valid_top1")]
        theirs = [f"{paper[name, y]:.2f}" for y in ("train_loss", "valid_top1")]
        yield (style.batch(arms[name]) if name in arms else name, *ours, *theirs)
