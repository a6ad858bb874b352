"""Figure 14: does a ResNet50 gain from other architectures beside it, against two of its like?

v2 Fig 14 (C29): the ResNet50 of {ResNet50, ResNet18, ResNeXt101}, the mean of three ResNet50s, of two, of one alone.
"""

from figures import panels, style
from figures.claims import Claim, above

SWEEPS = ("regularization", "architectures")
ARMS = ("mixed_3", "equal_3", "codist_decayed", "independent_decayed")
LABELS = ("with a smaller and a larger network", "with two of its like", "with one of its like", "control: alone")
SIZE, PANELS = (6.4, 3.3), 2


def middle(arms):
    """Of mixed arms the ResNet50 alone, which comes first in them."""
    return {name: arm.only(0) if name.startswith("mixed") else arm for name, arm in arms.items()}


def draw(arms, axes):
    panels.curves(axes[0], middle(arms), ARMS, "train_loss", "a  training loss (nats)", LABELS)
    panels.curves(axes[1], middle(arms), ARMS, "valid_top1", "b  top-1 accuracy (%)", LABELS)
    style.legend(axes[0], columns=2)


def gains(says, where, one, other, y="valid_top1", after=False):
    """The ResNet50 of `one` is above that of `other`."""

    def test(*of):
        a, b = middle(dict(zip((one, other), of, strict=True))).values()
        return above(a.final(y), b.final(y))

    return Claim(says, where, test, (one, other), after)


CLAIMS = [
    gains(
        "A ResNet50 beside a smaller and a larger network is above one beside two of its like.",
        "v2 §5.2, Fig 14",
        "mixed_3",
        "equal_3",
    ),
    gains(
        "Control, not in the papers: a ResNet50 beside a smaller and a larger network is above one trained alone.",
        "ours, for v2 Fig 14",
        "mixed_3",
        "independent_decayed",
    ),
]
