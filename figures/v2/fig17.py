"""Figure 17: can more models compensate for fewer updates per model?

v2 Fig 17 (C23): as n doubles, the updates of a model halve. The paper does not say how; here by fewer epochs.
"""

from figures.drawing import legends, panels, style
from figures.evidence.claim import Claim
from figures.evidence.margin import below, finals

FEWER = ("codist_decayed", "nway_4_half", "nway_8_quarter")
EQUAL = ("codist_decayed", "nway_4", "nway_8")
LABELS = ("n=2", "n=4, half the updates", "n=8, a quarter of them")
PANELS = 2


def draw(arms, axes):
    a, b = axes
    panels.curves(a, arms, FEWER, "valid_top1", "a  top-1 accuracy (%)", LABELS)
    legends.legend(a)
    b.set_xscale("log", base=2)
    for names, marker, upward in ((EQUAL, "o", True), (FEWER, "s", False)):
        shown = [name for name in names if name in arms]
        sizes = [arms[name].config["n"] for name in shown]
        fewer = {4: "half the updates", 8: "a quarter"}
        labels = ["" if n == 2 else "equal updates" if upward else fewer[n] for n in sizes]
        style.points(b, [arms[name] for name in shown], sizes, "valid_top1", labels, marker, upward)
    b.set_xticks([2, 4, 8], ["2", "4", "8"])
    b.margins(x=0.15, y=0.15)
    b.set(title="b  top-1 accuracy (%)", xlabel="models n")


CLAIMS = [
    Claim(
        f"fig17.{name}",
        "paper",
        f"{words} are more than one point less accurate than two models with all of them.",
        "v2 §5, Fig 17",  # "much worse"; no number is given
        finals(below, "valid_top1", by=1.0),
        (name, "codist_decayed"),
    )
    for words, name in (
        ("Four models with half the updates each", "nway_4_half"),
        ("Eight models with a quarter of the updates each", "nway_8_quarter"),
    )
]
