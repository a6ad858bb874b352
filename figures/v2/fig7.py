"""Figure 7: do codistilled weights stay closer to their initialization?

v2 Fig 7, v1 Fig 1c. The papers set codistillation beside all_reduce only, which has twice the batch
and twice the lr: the controls ask the same at equal lr, and against independent training.
"""

from figures.drawing import legends, style
from figures.evidence.claim import Claim
from figures.evidence.margin import below, finals

PANELS = 1


def draw(arms, axes):
    (axis,) = axes
    style.curves(axis, list(arms.values()), "update", "distance")
    for line in style.of_arms(axis):
        last = arms[line.get_gid()].final("distance").mean()
        line.set_label(f"{line.get_label()}: {last:.2f}")
    style.from_zero(axis)
    axis.set(xlabel="updates", title="distance from initialization, ‖θ − θ¹‖₂")
    legends.label_ends(axis)


def nearer(name, kind, says, where, other):
    return Claim(
        f"fig7.{name}", kind, says, where, finals(below, "distance"), ("codist_fixed", other)
    )


CLAIMS = [
    nearer(
        "nearer",
        "paper",
        "Codistilled weights end closer to their initialization than all_reduce's.",
        "v2 §A.4.1, Fig 7",
        "all_reduce",
    ),
    nearer(
        "nearer_than_alone",
        "control",
        "Control: codistilled weights end closer to their initialization than independently trained ones with the "
        "same batch and learning rate.",
        "ours, for v2 Fig 7",
        "independent_fixed",
    ),
    nearer(
        "nearer_at_same_lr",
        "control",
        "Control: codistilled weights end closer to their initialization than all_reduce's at equal learning rate.",
        "ours, for v2 Fig 7",
        "all_reduce_same_lr",
    ),
]
