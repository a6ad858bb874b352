"""Figure 16: does codistillation's lead grow as data shrinks?

v2 Fig 16, v1 Fig 6: 1/k of the images, k times the epochs. Our control is independent training with
the same batch and schedule.
"""

from functools import partial

from figures.drawing import legends, panels, style, ticks
from figures.evidence.claim import Claim
from figures.evidence.margin import above, below, finals, gap_above

KINDS = {
    "all_reduce": "all_reduce",
    "codist": "codist_decayed",
    "independent": "independent_decayed",
}
FAMILIES = {
    kind: (whole, *(f"reduced_{k}_{kind}" for k in (2, 4, 8))) for kind, whole in KINDS.items()
}
# shifted, so that points do not overlap
BESIDE = {"all_reduce": 0.94, "codist": 1, "independent": 1.06}
MARKERS = {"all_reduce": "D", "codist": "o", "independent": "s"}
PANELS = 2


def draw(arms, axes):
    for axis, y in panels.over_doublings(axes, "share of the training images"):
        if y == "train_loss":
            axis.set_yscale("log")
        for kind, names in FAMILIES.items():
            shown = [name for name in names if name in arms]
            parts = [1 if name == KINDS[kind] else int(name.split("_")[1]) for name in shown]
            parts = [k * BESIDE[kind] for k in parts]
            style.points(
                axis, [arms[name] for name in shown], parts, y, [""] * len(parts), MARKERS[kind]
            )
            label = style.LABELS[KINDS[kind]].replace(", decaying wd", "")
            axis.plot([], [], MARKERS[kind], color=style.COLOURS[KINDS[kind]], label=label)
        axis.set_xticks([1, 2, 4, 8], ["all", "1/2", "1/4", "1/8"])
        axis.margins(x=0.12)
        if y == "train_loss":
            ticks.limits(axis, [axis.get_ylim()])
    legends.legend(axes[0])


CLAIMS = [
    Claim(
        "fig16.lead_grows",
        "paper",
        "With an eighth of the data, codistillation's lead in accuracy over all_reduce is larger than with all of it.",
        "v2 §A.7, Fig 16; v1 §4, Fig 6",
        partial(gap_above, y="valid_top1"),
        ("reduced_8_codist", "reduced_8_all_reduce", "codist_decayed", "all_reduce"),
    ),
    *(
        Claim(
            f"fig16.above_{k}",
            "paper",
            f"With 1/{k} of the data codistillation is more accurate than all_reduce.",
            "v2 §A.7, Fig 16; v1 §4, Fig 6",
            finals(above, "valid_top1"),
            (f"reduced_{k}_codist", f"reduced_{k}_all_reduce"),
        )
        for k in (2, 4, 8)
    ),
    *(
        Claim(
            f"fig16.lead_grows_to_{k}",
            "paper",
            f"From {more} of the data to 1/{k}, codistillation's lead in accuracy over all_reduce grows.",
            "v2 §A.7, Fig 16",
            partial(gap_above, y="valid_top1"),
            (f"reduced_{k}_codist", f"reduced_{k}_all_reduce", *whole),
            after=True,
        )
        for more, k, whole in (
            ("all", 2, ("codist_decayed", "all_reduce")),
            ("1/2", 4, ("reduced_2_codist", "reduced_2_all_reduce")),
            ("1/4", 8, ("reduced_4_codist", "reduced_4_all_reduce")),
        )
    ),
    *(
        Claim(
            f"fig16.less_data_{name}",
            "paper",
            f"With less data the {words} falls: codistillation's is lower with an eighth of it than with all.",
            "v2 §A.7, Fig 16",
            finals(below, y),
            ("reduced_8_codist", "codist_decayed"),
            after=True,
        )
        for name, words, y in (
            ("loss", "training loss", "train_loss"),
            ("accuracy", "accuracy", "valid_top1"),
        )
    ),
    Claim(
        "fig16.fits_less_closely",
        "paper",
        "Codistillation overfits small data less: with an eighth of it, its training loss is above all_reduce's.",
        "v1 §4, Fig 6",  # "overfitting is milder"
        finals(above, "train_loss"),
        ("reduced_8_codist", "reduced_8_all_reduce"),
        after=True,
    ),
    Claim(
        "fig16.above_alone",
        "control",
        "Control: with an eighth of the data, codistillation is more accurate than independent training.",
        "ours, for v2 Fig 16",
        finals(above, "valid_top1"),
        ("reduced_8_codist", "reduced_8_independent"),
    ),
    Claim(
        "fig16.lead_over_alone_grows",
        "control",
        "Control: the lead over independent training is larger with an eighth of the data than with all of it.",
        "ours, for v2 Fig 16",
        partial(gap_above, y="valid_top1"),
        ("reduced_8_codist", "reduced_8_independent", "codist_decayed", "independent_decayed"),
    ),
]
