"""Ours, ring: is exchanging with two neighbours enough?

Not in the papers. In all-to-all a device sends to n-1 others, in a ring to two, whatever n.
"""

from figures.drawing import legends, marks, style
from figures.evidence.claim import Claim
from figures.evidence.margin import finals, near

FAMILIES = {"all-to-all": ("codist_decayed", "nway_4", "nway_8"), "ring": ("ring_4", "ring_8")}
PANELS = 2


def draw(arms, axes):
    a, b = axes
    for axis in axes:
        axis.set_xscale("log", base=2)
    for (words, names), marker, beside in zip(FAMILIES.items(), "os", (0.97, 1.03), strict=True):
        family = style.have(arms, names)
        sizes = [
            arm.config["n"] * beside for arm in family
        ]  # shifted, so that points do not overlap
        style.points(a, family, sizes, "valid_top1", [""] * len(family), marker)
        b.plot(sizes, [arm.bits().mean() / 1000 for arm in family], color="0.75", lw=1.1)
        for arm, n in zip(family, sizes, strict=True):
            marks.mark(
                b, n, arm.bits() / 1000, "sent_bits", style.COLOURS[arm.name], marker, size=5.5
            )
        a.plot([], [], marker, color="0.25", label=words)  # arms have their own colours
    legends.legend(a)
    for axis in axes:
        axis.set_xticks([2, 4, 8], ["2", "4", "8"])
        axis.margins(x=0.15, y=0.1)
        axis.set_xlabel("models n")
    a.set_title("a  top-1 accuracy (%)")
    b.set_title("b  kilobits that a device sends per update")
    b.set_ylim(bottom=0)


CLAIMS = [
    Claim(
        f"ours_ring.ring_{n}",
        "ours",
        f"With {n} models, a ring matches all-to-all exchange within one point of accuracy.",
        "ours",
        finals(near, "valid_top1", by=1.0),
        (f"ring_{n}", f"nway_{n}"),
    )
    for n in (4, 8)
]
