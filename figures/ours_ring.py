"""Ours, ring: need each model hear all others, or the two beside it?

Not in the papers. Accuracy against the bits that a device sends: all-to-all sends to n-1, a ring to two, whatever n.
"""

from figures import style
from figures.claims import Claim, finals, near

SWEEPS = ("regularization", "nway")
FAMILIES = {"all": ("codist_decayed", "nway_4", "nway_8"), "ring": ("ring_4", "ring_8")}
ARMS = tuple(name for names in FAMILIES.values() for name in names)
SIZE, PANELS = (5.2, 3.2), 1


def draw(arms, axes):
    (axis,) = axes
    axis.set_xscale("log")
    for (kind, names), marker in zip(FAMILIES.items(), "os", strict=True):
        family = style.have(arms, names)
        told = [f"n={arm.config['n']}" for arm in family]
        bits = [arm.bits().mean() for arm in family]
        style.points(axis, family, bits, "valid_top1", told, marker, above=kind == "all")
        words = {"all": "each hears all", "ring": "each hears two"}[kind]
        axis.plot([], [], marker, color=style.COLOURS[names[-1]], label=words)
    style.legend(axis)
    axis.margins(x=0.12, y=0.12)
    axis.set(xlabel="bits that a device sends per update, as counted in the runs", title="top-1 accuracy (%)")


CLAIMS = [
    Claim(
        f"With {n} models a ring ends alike with all-to-all: within one point of each other.",
        "ours",
        finals(near, "valid_top1", by=1.0),
        (f"ring_{n}", f"nway_{n}"),
    )
    for n in (4, 8)
]
