"""Ours, when: does codistillation pay where doubling the batch no longer does?

Small characters. In each setting, the gain of two codistilled models and the gain of all_reduce at
twice the batch, both over independent training with the same number of updates.
"""

from dataclasses import replace
from functools import cache, partial

import numpy as np

from figures.drawing import colours, legends, marks
from figures.evidence.arm import Arm, together
from figures.evidence.claim import Claim
from figures.evidence.interval import welch
from figures.evidence.margin import above, below, finals, gap_above, near
from figures.evidence.names import arms_of

METHODS = ALL_REDUCE, CODIST, INDEPENDENT = "all_reduce", "codist", "independent"
# {the beginning of a setting's name: (share of the data, colour)}
DATA = {
    "data_1": ("all", colours.SHARES[0]),
    "data_2": ("1/2", colours.SHARES[1]),
    "data_4": ("1/4", colours.SHARES[2]),
    "data_8": ("1/8", colours.SHARES[3]),
}
TRAINING = {"b64": "o", "b256": "s", "long": "^"}
# a marker is filled as far as the noise can be memorized
NOISE = {"fresh": "none", "mixed": "bottom", "fixed": "full"}
LABELS = {
    "b64": "batch 64",
    "b256": "batch 256",
    "long": "64, 4× the updates",
    "fresh": "no noise memorizable",
    "mixed": "69 % of it",
    "fixed": "all of it",
}
PANELS, HIGH = 1, 3.0
METHOD = "marker: mean gain over {seeds}; bars: 95 % intervals of both gains"


@cache
def settings() -> tuple[str, ...]:
    """The names of the settings, as data_8_b64_fixed, in the order of the sweep."""
    return tuple(
        arm.removesuffix(f"_{CODIST}") for arm in arms_of("ours_when") if arm.endswith(f"_{CODIST}")
    )


def draw(arms, axes):
    (axis,) = axes
    axis.axhline(0, color="0.8", lw=0.7, zorder=0)
    axis.axvline(0, color="0.8", lw=0.7, zorder=0)
    axis.axline((0, 0), slope=1, color="0.8", lw=0.7, ls=(0, (3, 1.2)), zorder=0)
    for name in settings():
        there = [arms[f"{name}_{method}"] for method in METHODS if f"{name}_{method}" in arms]
        if len(there) == len(METHODS) and not any(arm.diverged for arm in there):
            point(axis, name, there)
    axis.grid(axis="x", visible=True)
    axis.set(
        title="gain of codistillation (points of top-1)",
        xlabel="gain of doubling the batch, all_reduce (points of top-1)",
    )
    axis.text(
        *(0.99, 0.99),
        "above the dashed line\ncodistillation gains more",
        size=marks.SMALL,
        color="0.35",
        ha="right",
        va="top",
        transform=axis.transAxes,
    )
    grey = dict(color="0.35", mfcalt="white", mew=0.9)
    for training, marker in TRAINING.items():
        axis.plot([], [], marker, fillstyle="none", label=LABELS[training], **grey)
    for noise, fill in NOISE.items():
        axis.plot([], [], "D", fillstyle=fill, label=LABELS[noise], **grey)
    for share, colour in DATA.values():
        words = f"{share} of the data" if share != "all" else "all data"
        axis.plot([], [], "o", color=colour, label=words)
    axis.plot([], [], " ", label=" ")  # so that the shares of data are a column
    legends.legend(axis, columns=2)


def point(axis, name: str, arms: list[Arm]) -> None:
    """Draw one setting: both gains with their 95 % intervals."""
    all_reduce, codist, independent = (arm.final("valid_top1") for arm in arms)
    data, training, noise = name.rsplit("_", 2)
    colour = DATA[data][1]
    (x, across, _), (y, up, _) = welch(all_reduce, independent), welch(codist, independent)
    axis.errorbar(x, y, up, across, color=colour, lw=0.6, alpha=0.45, zorder=3)
    look = dict(fillstyle=NOISE[noise], mfcalt="white", ms=5.5, mew=0.9, zorder=4)
    axis.plot(x, y, TRAINING[training], color=colour, **look)


def trade_off(*arms: Arm):
    """Test that the two gains are negatively correlated over settings: Pearson's r, per seed.

    arms: all_reduce, codist and independent of each setting in turn. Each gain has an independent
    model of its own as its control: the noise of a shared one would be in both, and correlate them.
    """
    alike = together(*arms)
    gains = []
    for control in (0, 1):
        doubled, codistilled = (
            np.stack(
                [
                    arm.final("valid_top1") - independent.only(model).final("valid_top1")
                    for arm, independent in zip(alike[at::3], alike[2::3], strict=True)
                ]
            )
            for at, model in ((0, control), (1, 1 - control))
        )
        gains.append(
            [np.corrcoef(a, b)[0, 1] for a, b in zip(doubled.T, codistilled.T, strict=True)]
        )
    r = np.mean(gains, axis=0)
    return replace(below(r, np.zeros_like(r)), what="correlation")


def arms_in(setting: str, *methods: str) -> tuple[str, ...]:
    return tuple(f"{setting}_{method}" for method in methods)


CLAIMS = [
    Claim(
        "ours_when.trade_off",
        "ours",
        "Codistillation gains more over independent training in settings where doubling the batch gains less: the "
        "two gains are negatively correlated.",
        "ours",
        trade_off,
        tuple(arm for setting in settings() for arm in arms_in(setting, *METHODS)),
    ),
    Claim(
        "ours_when.lead_grows",
        "ours",
        "Where noise can be memorized, codistillation's lead over independent training is larger with an eighth of "
        "the data than with all of it.",
        "ours, for v2 Fig 16",
        partial(gap_above, y="valid_top1"),
        arms_in("data_8_b64_mixed", CODIST, INDEPENDENT)
        + arms_in("data_1_b64_mixed", CODIST, INDEPENDENT),
    ),
    Claim(
        "ours_when.above_all_reduce",
        "ours",
        "With an eighth of the data and noise that can be memorized, codistillation is more accurate than all_reduce "
        "at twice the batch.",
        "ours, for v2 Fig 16",
        finals(above, "valid_top1"),
        arms_in("data_8_b64_mixed", CODIST, ALL_REDUCE),
    ),
    Claim(
        "ours_when.memorizable",
        "ours",
        "With an eighth of the data, codistillation's lead over independent training is larger where all noise can "
        "be memorized than where none can.",
        "ours, for v2 Fig 16",
        partial(gap_above, y="valid_top1"),
        arms_in("data_8_b64_fixed", CODIST, INDEPENDENT)
        + arms_in("data_8_b64_fresh", CODIST, INDEPENDENT),
    ),
    *(
        Claim(
            f"ours_when.more_with_{name}",
            "ours",
            f"With {words}, codistillation's lead over independent training on all data is larger.",
            "ours, for v2 Fig 2",
            partial(gap_above, y="valid_top1"),
            arms_in(f"data_1_{name}_mixed", CODIST, INDEPENDENT)
            + arms_in("data_1_b64_mixed", CODIST, INDEPENDENT),
        )
        for name, words in (("long", "four times the updates"), ("b256", "four times the batch"))
    ),
    *(
        Claim(
            f"ours_when.parity_{name}",
            "ours",
            f"With {words}, codistillation on all data is within one point of all_reduce at twice the batch.",
            "ours, for v2 Fig 2",
            finals(near, "valid_top1", by=1.0),
            arms_in(f"data_1_{name}_mixed", CODIST, ALL_REDUCE),
        )
        for name, words in (("long", "four times the updates"), ("b256", "four times the batch"))
    ),
]
