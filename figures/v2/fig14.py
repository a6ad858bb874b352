"""Figure 14: does a ResNet50 gain more from different architectures than from more ResNet50s?

v2 Fig 14 (C29): the ResNet50 of {ResNet50, ResNet18, ResNeXt101}, the mean of three ResNet50s, of
two, of one trained independently.
"""

from functools import partial

from figures.drawing import legends, panels
from figures.evidence.claim import Claim
from figures.evidence.margin import above

SHOWN = ("mixed_3", "equal_3", "codist_decayed", "independent_decayed")
LABELS = (
    "with a smaller and a larger network",
    "with two ResNet50s",
    "with one ResNet50",
    "independent",
)
PANELS = 2


def resnet50(arm):
    """A mixed arm with the numbers of its ResNet50 only, which is its first model."""
    return arm.only(0) if arm.name.startswith("mixed") else arm


def middle(arms, names):
    return {name: resnet50(arms[name]) for name in names if name in arms}


def compare(arms, axes, names, labels):
    """Draw the curves of the ResNet50 in each of the arms `names`."""
    of = middle(arms, names)
    panels.curves(axes[0], of, names, "train_loss", "a  training loss (nats)", labels)
    panels.curves(axes[1], of, names, "valid_top1", "b  top-1 accuracy (%)", labels)
    legends.legend(axes[0], columns=2)


def draw(arms, axes):
    compare(arms, axes, SHOWN, LABELS)


def above_of_resnet50(a, b, y, paired=False):
    """Test that the ResNet50 of arm a is above that of arm b in final y."""
    how = "paired" if paired else "welch"
    return above(resnet50(a).final(y), resnet50(b).final(y), how=how)


def gains(id, kind, says, where, one, other, y="valid_top1", after=False, **how):
    test = partial(above_of_resnet50, y=y, **how)
    return Claim(id, kind, says, where, test, (one, other), after)


CLAIMS = [
    gains(
        "fig14.above_equal",
        "paper",
        "A ResNet50 trained with a smaller and a larger network is more accurate than with two other ResNet50s.",
        "v2 §5.2, Fig 14",
        "mixed_3",
        "equal_3",
    ),
    *(
        gains(
            f"fig14.above_{name}",
            "paper",
            f"A ResNet50 trained with a smaller and a larger network is more accurate than {than}.",
            "v2 §5.2 (C29), Fig 14",
            "mixed_3",
            other,
            after=True,
        )
        for name, than, other in (
            ("all_reduce", "with all_reduce", "all_reduce"),
            ("two", "one of two codistilled ResNet50s", "codist_decayed"),
            ("four", "one of four codistilled ResNet50s", "nway_4"),
        )
    ),
    gains(
        "fig14.above_alone",
        "control",
        "Control: a ResNet50 trained with a smaller and a larger network is more accurate than independent training.",
        "ours, for v2 Fig 14",
        "mixed_3",
        "independent_decayed",
    ),
]
