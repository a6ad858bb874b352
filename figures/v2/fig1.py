"""Figure 1: which accuracy does each communication volume reach?

v2 Fig 1 (v1 Figs 7a, 12a for the checkpoints). The horizontal axis is what our runs counted, not
the paper's formula.
"""

from functools import partial

from figures.drawing import style, ticks
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals, sends
from figures.evidence.results import reported

PREDICTIONS = ("codist_decayed", "predictions_5", "predictions_10", "predictions_100")
CHECKPOINTS = ("checkpoints_625", "checkpoints_1250", "checkpoints_2500", "checkpoints_5000")
SIZE, PANELS = (5.6, 3.4), 1


def draw(arms, axes):
    (axis,) = axes
    axis.set_xscale("log")
    for names, kind, marker in (
        (PREDICTIONS, "predictions", "o"),
        (CHECKPOINTS, "checkpoints", "s"),
        (("all_reduce",), "", "D"),
    ):
        family = style.have(arms, names)
        periods = [f"{arm.config['exchange']['period']}" if kind else arm.name for arm in family]
        bits = [arm.bits().mean() for arm in family]
        style.points(axis, family, bits, "valid_top1", periods, marker, above=kind != "predictions")
        if kind:
            # each period has its own colour
            axis.plot([], [], marker, color="0.25", label=f"{kind} every so many updates")
    if "independent_decayed" in arms:
        style.level(axis, arms["independent_decayed"], "valid_top1", "independent")
    style.legend(axis, columns=2)
    axis.set(title="top-1 accuracy (%)")
    axis.margins(x=0.12, y=0.1)  # space for the names
    ticks.bits(axis)
    paper = reported("v2 fig1") | reported("v2 fig2b")
    codist, whole = (paper[arm, "valid_top1"] for arm in ("codist_decayed", "all_reduce"))
    shown = f"as reported, on ImageNet: {codist:g} (period not given); all_reduce {whole:g}"
    axis.set_title(shown, color=style.GREY, size=style.SMALL, loc="right")


# One point below is still "reaches": the papers' own gaps at parity are 0.31 (76.13, 75.82) and 0.2
# (76.1, 75.9).
CLAIMS = [
    Claim(
        "fig1.predictions_reach",
        "paper",
        "Exchanging predictions at every update matches all_reduce: accuracy is less than one point below.",
        "v2 §3, Fig 1; v2 §A, Fig 13b",
        finals(above, "valid_top1", by=-1.0),
        ("codist_decayed", "all_reduce"),
    ),
    Claim(
        "fig1.predictions_bits",
        "paper",
        "Exchanging predictions at every update sends a thousand times fewer bits than all_reduce.",
        "v2 abstract, Fig 1",
        partial(sends, by=1000),  # the paper's formula gives 1562.5
        ("all_reduce", "codist_decayed"),
    ),
    Claim(
        "fig1.checkpoints_reach",
        "paper",
        "Exchanging checkpoints every 2500 updates matches all_reduce: accuracy is less than one point below.",
        "v2 §3, Fig 1; v2 §A, Fig 13b; v1 §3.2",
        finals(above, "valid_top1", by=-1.0),
        ("checkpoints_2500", "all_reduce"),
    ),
    Claim(
        "fig1.predictions_often",
        "paper",
        "Exchanging predictions more often helps: accuracy at every update is above that at every 100th.",
        "v1 §5, Fig 7a; v1 §3.1 saw no gain (C12)",
        finals(above, "valid_top1"),
        ("codist_decayed", "predictions_100"),
    ),
    Claim(
        "fig1.checkpoints_often",
        "paper",
        "Exchanging checkpoints more often helps: accuracy at the paper's period of 625 is above that at 5000.",
        "v1 §5, Figs 7a, 12a (C12)",
        finals(above, "valid_top1"),
        ("checkpoints_625", "checkpoints_5000"),
    ),
    Claim(
        "fig1.above_no_exchange",
        "control",
        "Control: accuracy with exchanged predictions is above that of independent training.",
        "ours, for v2 Fig 1",
        finals(above, "valid_top1"),
        ("codist_decayed", "independent_decayed"),
    ),
]
