"""Anil, offline: does codistillation reach the error of two-phase distillation in fewer updates?

Anil et al. §3.4.1: an ensemble of two is trained for 18K steps and its student for 9K, both to reach
4.0 nats; two codistilled models need 10K. Updates are those of one model, since models of a group
train at the same time; the student's begin when its teachers are finished.
"""

from functools import partial

import numpy as np

from figures.drawing import legends, rules, style, ticks
from figures.drawing.marks import diverged
from figures.evidence.arm import Arm
from figures.evidence.claim import Claim
from figures.evidence.margin import Evidence, below, finals, near
from figures.evidence.results import reported

PANELS = 1
METHOD = "line: mean over {seeds}; band: ±1 SE; bar: 95 % t-interval at the end"
ANSWER = "anil_offline.fewer_updates"
TEACHERS, STUDENT = "lm_alone", "lm_student"
SHARE = 10_000 / 27_000  # of the updates of teachers and student
LABELS = {
    TEACHERS: "two phases: the teachers, without exchange",
    STUDENT: "two phases: their student",
    "lm_codist": "codistillation, as many updates as the teachers",
    "lm_online": "codistillation, 10/27 of both phases",
}


def draw(arms, axes):
    (axis,) = axes
    seen = []
    for name, label in LABELS.items():
        if name in arms:
            before = length(arms[TEACHERS]) if name == STUDENT and TEACHERS in arms else 0
            seen += curve(axis, arms[name], before, label)
    if TEACHERS in arms and STUDENT in arms:
        at = SHARE * (length(arms[TEACHERS]) + length(arms[STUDENT]))
        axis.axvline(at, color=style.GREY, lw=0.7, ls=":")
    paper = reported("anil s3.4.1_offline_vs_online")
    loss, both, online = (
        paper[of]
        for of in (
            ("both", "valid_loss"),
            ("offline_distillation", "updates"),
            ("codist_two_way", "updates"),
        )
    )
    axis.set(title="validation loss (nats)", xlabel="updates of a model, in both phases")
    text = f"paper: {loss:.1f} nats after {both:,.0f} and {online:,.0f} updates"
    style.reported_above(axis, text)
    ticks.limits(axis, seen)
    legends.legend(axis, columns=2)


def length(arm: Arm) -> int:
    """The planned updates of a model."""
    return arm.done[arm.seeds[0]]["updates"]


def curve(axis, arm: Arm, before: int, label: str) -> list[np.ndarray]:
    """Draw an arm that begins after `before` updates. Returns the values that must be visible."""
    steps, values = arm.curve("update", "valid_loss")
    mean, ends_of_band = values.mean(axis=0), rules.band(values, "valid_loss")
    colour = style.COLOURS[arm.name]
    axis.plot(before + steps, mean, color=colour, lw=1.3, label=label)
    axis.fill_between(before + steps, *ends_of_band, color=colour, alpha=0.18, lw=0)
    for seed in arm.diverged:
        diverged(axis, before + arm.done[seed]["update"], colour)
    if arm.diverged:
        return []
    ends = arm.final("valid_loss")
    error = rules.around(ends, "valid_loss")
    axis.errorbar(before + length(arm), ends.mean(), error, color=colour, lw=0.8, capsize=1.6)
    return [mean[steps >= style.EARLY * length(arm)], ends]


def earlier_below(
    online: Arm, student: Arm, teachers: Arm, y: str, share: float, by: float
) -> Evidence:
    """Test that online's y is below the student's final y by more than `by`, after fewer updates.

    Online's y is that of its last row at or before `share` of the updates of the teachers and the
    student together; NaN if it has none so early.
    """
    at, values = online.curve("update", y)
    rows = np.searchsorted(at, share * (length(teachers) + length(student)), side="right")
    early = values[:, rows - 1] if rows else np.full(len(values), np.nan)
    return below(early, student.final(y), by)


# nats: the rounding error of the paper's 4.0
ALIKE = 0.05

CLAIMS = [
    Claim(
        "anil_offline.fewer_updates",
        "paper",
        "After 10/27 of the updates of both phases, codistillation has the student's error: at most 0.05 nats more.",
        "Anil §3.4.1 (C44)",
        partial(earlier_below, y="valid_loss", share=SHARE, by=-ALIKE),
        ("lm_online", STUDENT, TEACHERS),
    ),
    Claim(
        "anil_offline.quality_alike",
        "paper",
        "Two-phase distillation and codistillation end with the same error, within 0.05 nats.",
        "Anil §3.4.1 (C44)",
        finals(near, "valid_loss", by=ALIKE),
        (STUDENT, "lm_codist"),
    ),
    Claim(
        "anil_offline.student_below_teachers",
        "control",
        "Control: after half of their updates, a student of finished models has a lower error than each of them.",
        "ours, for Anil §3.4.1",
        finals(below, "valid_loss"),
        (STUDENT, TEACHERS),
    ),
]
