"""Ours, diagnostics: how similar do models become, and does a weaker peer help by class?

Not in the papers. b: in each class, the ResNet50 beside a smaller and a larger network, against
independent training.
"""

import numpy as np

from figures.drawing import legends, panels, style
from figures.evidence.arm import together
from figures.evidence.claim import Claim
from figures.evidence.interval import half
from figures.evidence.margin import above, below, finals

ALIKE = (
    "codist_decayed",
    "nway_8",
    "ring_8",
    "predictions_100",
    "checkpoints_2500",
    "independent_decayed",
)
LABELS = (
    "predictions, T=1",
    "n=8",
    "n=8, a ring",
    "predictions, T=100",
    "checkpoints",
    "independent",
)
OWN, SMALLER, LARGER = range(3)  # the models of mixed_3
PANELS = 2
METHOD = style.METHOD + "; b: mean of a class, bars: 95 % t-intervals, dashed: gain = lead"


def against_alone(mixed, independent, model, control):
    """(seeds, C) points by which `model` of mixed_3 exceeds the independent ResNet50 `control`.

    There are two controls, one for the peer's lead and one for the gain: the noise of a single
    control would be in both, and correlate them.
    """
    mixed, independent = together(mixed, independent)
    return mixed.of_class(model) - independent.of_class(control)


def draw(arms, axes):
    a, b = axes
    panels.curves(
        a, arms, ALIKE, "disagreement", "a  answers on which two models differ (%)", LABELS
    )
    if "mixed_3" in arms and "independent_decayed" in arms:
        mixed, independent = arms["mixed_3"], arms["independent_decayed"]
        gain = against_alone(mixed, independent, OWN, 1)
        for model, words, fill in (
            (SMALLER, "a class, its smaller peer", "full"),
            (LARGER, "a class, its larger peer", "none"),
        ):
            classes(b, against_alone(mixed, independent, model, 0), gain, fill, words)
    b.axhline(0, color="0.8", lw=0.7, zorder=0)
    b.axvline(0, color="0.8", lw=0.7, zorder=0)
    b.axline((0, 0), slope=1, color="0.8", lw=0.7, ls=(0, (3, 1.2)), zorder=0)
    b.set(
        title="b  ResNet50's gain in a class (points)",
        xlabel="its peer's lead over an independent one (points)",
    )
    legends.legend(a, columns=4)


def classes(axis, peer: np.ndarray, gain: np.ndarray, fill: str, label: str) -> None:
    """Draw each class with 95 % intervals both ways. peer, gain: (seeds, C)."""
    colour = style.COLOURS["mixed_3"]
    at, errors = ((peer.mean(axis=0), gain.mean(axis=0)), (half(peer), half(gain)))
    axis.errorbar(*at, *errors[::-1], fmt="none", ecolor=colour, elinewidth=0.5, alpha=0.45)
    look = dict(fillstyle=fill, ms=4, mew=0.8, ls="none", zorder=4)
    axis.plot(*at, "o", color=colour, label=label, **look)


def slope(mixed, independent):
    """Test that the ResNet50's gain in a class grows with its smaller peer's lead, per seed."""
    peers = np.stack([against_alone(mixed, independent, SMALLER, control) for control in (0, 1)])
    gains = np.stack([against_alone(mixed, independent, OWN, control) for control in (1, 0)])
    centred = peers - peers.mean(axis=-1, keepdims=True)
    slopes = (centred * gains).sum(axis=(0, 2)) / (centred**2).sum(axis=(0, 2))
    return above(slopes, np.zeros_like(slopes))


CLAIMS = [
    Claim(
        "ours_diagnostics.models_alike",
        "ours",
        "Codistilled models become similar: they disagree on fewer examples than independently trained ones.",
        "ours",
        finals(below, "disagreement"),
        ("codist_decayed", "independent_decayed"),
        after=True,
    ),
    Claim(
        "ours_diagnostics.gains_by_class",
        "ours",
        "A weaker peer helps by class: a ResNet50 gains more in classes where its smaller peer is better.",
        "ours, for v2 §5.2",
        slope,
        ("mixed_3", "independent_decayed"),
        after=True,  # its test was corrected while the runs were made
    ),
]
