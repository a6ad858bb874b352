"""Figure 1: which accuracy does each communication volume reach?

v2 Fig 1 (v1 Figs 7a, 12a for the checkpoints). The horizontal axis is what our runs counted, not
the paper's formula.
"""

from functools import partial

from figures.drawing import legends, style, ticks
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import above, finals, sends
from figures.evidence.results import reported
from figures.v2.fig2 import CLAIMS as FIG2

PREDICTIONS = ("codist_decayed", "predictions_5", "predictions_10", "predictions_100")
CHECKPOINTS = ("checkpoints_625", "checkpoints_1250", "checkpoints_2500", "checkpoints_5000")
PANELS, HIGH = 1, 2.6


def draw(arms, axes):
    (axis,) = axes
    axis.set_xscale("log")
    paper = reported("v2 fig1") | reported("v2 fig2b")
    codist, whole = (paper[arm, "valid_top1"] for arm in ("codist_decayed", "all_reduce"))
    for names, kind, marker in (
        (PREDICTIONS, "predictions", "o"),
        (CHECKPOINTS, "checkpoints", "s"),
        (("all_reduce",), "", "D"),
    ):
        family = style.have(arms, names)
        words = [style.period(arm) if kind else arm.name for arm in family]
        bits = [arm.bits().mean() for arm in family]
        upright, above = kind == "checkpoints", kind != "predictions"
        style.points(axis, family, bits, "valid_top1", words, marker, above, upright)
        if kind:
            # each period has its own colour
            axis.plot([], [], marker, color="0.25", label=f"{kind}, every so many updates")
    nothing = None
    if "independent_decayed" in arms:
        alone, others = arms["independent_decayed"], style.have(arms, PREDICTIONS)
        nothing = style.sends_nothing(axis, alone, "valid_top1", "independent", others)
    legends.legend(axis, columns=2)
    axis.set_title("top-1 accuracy (%)")
    style.reported_above(
        axis, f"paper, on ImageNet: {codist:g} at a period not given, all_reduce {whole:g}"
    )
    axis.margins(x=0.14, y=0.1)  # space for the names
    style.room_above(axis, 0.3)
    ticks.bits(axis, nothing)


def reaches(what: str, arm: str, where: str, name: str, after: bool = True) -> Claim:
    return Claim(
        f"fig1.{name}",
        "paper",
        f"Exchanging {what} matches all_reduce: accuracy is less than one point below.",
        where,
        finals(above, "valid_top1", by=-1.0),
        (arm, "all_reduce"),
        after,
    )


# One point below is still "reaches": the papers' own gaps at parity are 0.31 (76.13, 75.82) and 0.2
# (76.1, 75.9). Predictions at every update are judged by Figure 2's claim, which is stricter.
CLAIMS = [
    *pick(FIG2, "fig2.parity_decayed"),
    *(
        reaches(
            f"predictions every {period} updates",
            f"predictions_{period}",
            "v2 §3, Fig 1",
            f"predictions_{period}_reach",
        )
        for period in (5, 10, 100)
    ),
    reaches(
        "checkpoints every 2500 updates",
        "checkpoints_2500",
        "v2 §3, Fig 1; v2 §A, Fig 13b; v1 §3.2, Fig 2a",
        "checkpoints_reach",
        after=False,
    ),
    *(
        reaches(
            f"checkpoints every {period} updates",
            f"checkpoints_{period}",
            "v2 §3, Fig 1",
            f"checkpoints_{period}_reach",
        )
        for period in (625, 1250, 5000)
    ),
    Claim(
        "fig1.up_to_1000",
        "paper",
        "Exchanging predictions every 5 updates sends over a thousand times fewer bits than all_reduce (the paper: up "
        "to a thousand).",
        "v2 abstract, §3, Figs 1, 13b (C35)",
        # the paper gives no period; by its formula the factor is 1562.5 at T=1, 7812.5 at T=5
        partial(sends, by=1000),
        ("all_reduce", "predictions_5"),
        after=True,
    ),
    Claim(
        "fig1.predictions_bits",
        "ours",
        "Exchanging predictions at every update sends over a thousand times fewer bits than all_reduce.",
        "ours (C35), for v2 Fig 1",
        partial(sends, by=1000),
        ("all_reduce", "codist_decayed"),
    ),
    Claim(
        "fig1.predictions_often",
        "ours",
        "Exchanging predictions more often helps: accuracy at every update is above that at every 100th.",
        "ours (C12), for v2 Fig 1",
        finals(above, "valid_top1"),
        ("codist_decayed", "predictions_100"),
    ),
    Claim(
        "fig1.checkpoints_often",
        "paper",
        "Exchanging checkpoints more often helps: accuracy at the paper's period of 625 is above that at 5000.",
        "v1 §5, Fig 7a (C12)",
        finals(above, "valid_top1"),
        ("checkpoints_625", "checkpoints_5000"),
    ),
    *pick(FIG2, "fig2.above_alone"),
]
