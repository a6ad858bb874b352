"""Ours, codecs: is compressing logits cheaper than exchanging them less often?

Not in the papers, which send whole logits more or less often. half: 16 bits each; top-k: the k
largest, and places.
"""

from figures.drawing import legends, style, ticks
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals, near

FAMILIES = {
    "full logits, every T updates": (
        "codist_decayed",
        "predictions_5",
        "predictions_10",
        "predictions_100",
    ),
    "compressed, every update": ("codec_top8", "codec_half", "codec_top2"),
}
NAMES = {"codec_half": "half", "codec_top8": "top 8", "codec_top2": "top 2"}
PANELS, HIGH = 1, 2.0
ANSWER = "ours_codecs.top2_beats_period"


def draw(arms, axes):
    (axis,) = axes
    axis.set_xscale("log")
    for (words, names), marker in zip(FAMILIES.items(), "os", strict=True):
        family = style.have(arms, names)
        labels = [NAMES.get(arm.name, f"{arm.config['exchange']['period']}") for arm in family]
        bits = [arm.bits().mean() for arm in family]
        style.points(axis, family, bits, "valid_top1", labels, marker, marker == "s", marker == "s")
        axis.plot([], [], marker, color="0.25", label=words)  # arms have their own colours
    whole, nothing = style.have(arms, ("all_reduce",)), None
    bits = [arm.bits().mean() for arm in whole]
    style.points(axis, whole, bits, "valid_top1", ["all_reduce"] * len(whole), "D")
    if "independent_decayed" in arms:
        alone, others = arms["independent_decayed"], style.have(arms, sum(FAMILIES.values(), ()))
        nothing = style.sends_nothing(axis, alone, "valid_top1", "independent", others)
    legends.legend(axis)
    axis.margins(x=0.14, y=0.12)
    ticks.bits(axis, nothing)
    axis.set(title="top-1 accuracy (%)")


CLAIMS = [
    *(
        Claim(
            f"ours_codecs.{name.removeprefix('codec_')}",
            "ours",
            f"Logits sent as {words} match full logits within one point of accuracy.",
            "ours",
            finals(near, "valid_top1", by=1.0),
            (name, "codist_decayed"),
        )
        for name, words in (
            ("codec_half", "16 bits each"),
            ("codec_top8", "the 8 largest"),
            ("codec_top2", "the 2 largest"),
        )
    ),
    Claim(
        "ours_codecs.top2_beats_period",
        "ours",
        "The 2 largest logits at every update give more accuracy than full logits at every 5th, for 25 % more bits.",
        "ours",
        finals(above, "valid_top1"),
        ("codec_top2", "predictions_5"),
    ),
]
