"""Figure 15: does the larger network bring the gain, and does the smaller one reduce it?

v2 Fig 15: the ResNet50 of {ResNet50, ResNeXt101} against that of {ResNet50, ResNet18, ResNeXt101}.
"""

from figures.v2.fig14 import compare, gains

SHOWN = ("mixed_2", "mixed_3", "codist_decayed", "independent_decayed")
LABELS = (
    "with a larger network",
    "with a larger and a smaller one",
    "with one ResNet50",
    "independent",
)
PANELS = 2


def draw(arms, axes):
    compare(arms, axes, SHOWN, LABELS)


CLAIMS = [
    gains(
        "fig15.above_with_smaller",
        "paper",
        "A ResNet50 trained with a larger network is more accurate than with a larger and a smaller one.",
        "v2 §5.2, Fig 15",
        "mixed_2",
        "mixed_3",
    ),
    gains(
        "fig15.above_equal",
        "paper",
        "A ResNet50 trained with a larger network is more accurate than with another ResNet50.",
        "v2 §5.2, Fig 15",
        "mixed_2",
        "codist_decayed",
    ),
    gains(
        "fig15.smaller_over_regularizes",
        "paper",
        "The smaller network over-regularizes: with it the ResNet50's training loss is higher than without.",
        "v2 §5.2, Fig 15",
        "mixed_3",
        "mixed_2",
        y="train_loss",
        after=True,
        paired=True,
    ),
]
