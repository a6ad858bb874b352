"""Anil, mutual learning: is an early teacher as good for a student as one that learns beside it?

Anil et al. §3.4.1, after Zhang et al. (2018, Table 4): a ResNet-32 learns from a WRN-28-10 on
CIFAR-100, where their accuracy is that of the paper.
"""

from functools import partial

import numpy as np

from figures.drawing import rules, style, ticks
from figures.drawing.marks import diverged, mark
from figures.evidence.arm import Arm
from figures.evidence.claim import Claim
from figures.evidence.margin import Evidence, above, near
from figures.evidence.results import reported

PANELS = 2
METHOD = "marker: mean over {seeds}; bar: 95 % t-interval; dots: the seeds"
STUDENTS = {  # {arm: what the student has, arm of paper/reported.csv}
    "student": ("no teacher", ""),
    "offline_full": ("a finished one", "overfit_teacher"),
    "offline_early": ("an early one", "better_teacher"),
    "online": ("one beside it", "dml_online"),
}
TEACHERS = {"teacher_full": "finished", "teacher_early": "early", "online": "beside its student"}
STUDENT, TEACHER = range(2)  # the models of `online`


def draw(arms, axes):
    paper = reported("anil s3.4.1_dml_recheck")
    printed = {
        name: f"{has}\n(paper: {paper[theirs, 'valid_top1']:g})" if theirs else has
        for name, (has, theirs) in STUDENTS.items()
    }
    compare(axes[0], arms, printed, STUDENT, "a  top-1 accuracy of the student (%), by its teacher")
    compare(axes[1], arms, TEACHERS, TEACHER, "b  top-1 accuracy of the teacher (%)")


def compare(axis, arms: dict[str, Arm], names: dict[str, str], model: int, title: str) -> None:
    """Draw the final accuracy of `model` in each of the arms `names`."""
    seen = []
    for at, name in enumerate(names):
        if name in arms:
            arm = of_model(arms[name], model)
            values = arm.final("valid_top1")
            mark(axis, at, values, "valid_top1", style.COLOURS[name], size=5.5)
            if arm.diverged:
                diverged(axis, at, style.COLOURS[name])
            seen += [values, np.array(rules.interval(values, "valid_top1"))]
    axis.set_xticks(range(len(names)), list(names.values()))
    axis.set_xlim(-0.5, len(names) - 0.5)
    axis.set_title(title)
    ticks.limits(axis, seen)


def of_model(arm: Arm, model: int) -> Arm:
    """An arm with the numbers of one model only, where student and teacher are in one run."""
    return arm.only(model) if arm.name == "online" else arm


def student(arm: Arm, y: str) -> np.ndarray:
    """(seeds,) the final y of an arm's student."""
    return of_model(arm, STUDENT).final(y)


def above_of_student(a: Arm, b: Arm, y: str, by: float) -> Evidence:
    """Test that the student of arm a exceeds that of arm b in final y by more than `by`."""
    return above(student(a, y), student(b, y), by)


def near_of_student(a: Arm, b: Arm, y: str, by: float) -> Evidence:
    """Test that the students of two arms differ in final y by at most `by`."""
    return near(student(a, y), student(b, y), by)


CLAIMS = [
    Claim(
        "anil_mutual.early_alike",
        "paper",
        "A student of an early teacher is as accurate as one that learns beside its teacher, within 0.6 points.",
        "Anil §3.4.1",
        # both have 70.7 %; half of the 1.2 points that separate the two teachers' students there
        partial(near_of_student, y="valid_top1", by=0.6),
        ("offline_early", "online"),
    ),
    Claim(
        "anil_mutual.early_above_full",
        "paper",
        "A student of an early teacher is more accurate than one of a teacher that has overfitted.",
        "Anil §3.4.1",
        # by 1.2 points in the paper, of runs without an error bar: only the direction is tested
        partial(above_of_student, y="valid_top1", by=0.0),
        ("offline_early", "offline_full"),
    ),
    Claim(
        "anil_mutual.early_above_alone",
        "control",
        "Control: a student of an early teacher is more accurate than one without a teacher.",
        "ours, for Anil §3.4.1",
        partial(above_of_student, y="valid_top1", by=0.0),
        ("offline_early", "student"),
    ),
]
