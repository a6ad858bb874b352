"""Ours, alive: how much training do failures leave to groups that share files, to predictions and to all_reduce?

Anil et al. §2.1 name it as the advantage of checkpoints in a shared file system: a group that fails
holds up no other one. Predictions and all_reduce stop, and restart from their last checkpoint.
"""

from functools import partial
from math import expm1

import numpy as np

from figures.drawing import legends, marks, style
from figures.evidence.arm import Arm
from figures.evidence.claim import Claim
from figures.evidence.margin import Evidence, above, finals, near

# label, colour, marker, processes that stop when one fails
KINDS = {
    "files": ("files: two groups", style.COLOURS["checkpoints_2500"], "o", 1),
    "predictions": ("predictions over two ranks", style.COLOURS["codist_decayed"], "s", 2),
    "all_reduce": ("all_reduce over two ranks", style.COLOURS["all_reduce"], "D", 2),
}
NEVER, OFTEN = "never", "every_10"
RATES = {NEVER: 0.0, "every_40": 1.5, "every_20": 3.0, OFTEN: 6.0}  # failures an hour of a process
PANELS = 2
METHOD = (
    "goodput: useful updates a second, over those without failures; marker: mean over {seeds}; bar: 95 % t-interval; "
    "dots: the seeds; lines: expected. A second here stands for a minute of a cluster. An update takes 0.1 s and "
    "mostly sleeps. A restart takes 2 s. A checkpoint is due after 2 s"
)


def goodput(arm: Arm, undisturbed: Arm) -> np.ndarray:
    """(seeds,) useful updates a second, failures and restarts included, over those without failures.

    Of groups the mean. Updates that a restart repeats count once.
    """
    return speed(arm) / speed(undisturbed).mean()


def speed(arm: Arm) -> np.ndarray:
    """(seeds,) updates a second of each model, from the first start to the last update; NaN if diverged."""
    return np.array(
        [
            np.nan if seed in arm.diverged else done["update"] / done["elapsed"]
            for seed, done in arm.done.items()
        ]
    )


def expected(rate: float, together: int, restart: float, save: float) -> float:
    """The goodput at `rate` failures an hour of each of `together` processes that stop with each other.

    restart, save: seconds of a restart, and between checkpoints. A life between two failures is
    exponentially distributed; whole intervals between checkpoints are useful.
    """
    if not rate:
        return 1.0
    between = 60 / rate / together  # minutes of a cluster, seconds here
    return save / expm1(save / between) / (between + restart)


def draw(arms, axes):
    a, b = axes
    for nth, (kind, (label, colour, marker, together)) in enumerate(KINDS.items()):
        there = {name: arms[f"{kind}_{name}"] for name in RATES if f"{kind}_{name}" in arms}
        beside = 0.12 * (nth - 1)  # so that points do not overlap
        for name, arm in there.items():
            x = RATES[name] + beside
            marks.mark(b, x, arm.final("valid_top1"), "valid_top1", colour, marker)
            if NEVER in there:
                marks.mark(a, x, goodput(arm, there[NEVER]), "goodput", colour, marker)
        if there:
            place = next(iter(there.values())).config["place"]
            rates = np.linspace(0, RATES[OFTEN], 50)
            restart, save = place["failures"]["restart"], place["save_seconds"]
            lines = [expected(rate, together, restart, save) for rate in rates]
            a.plot(rates, lines, color=colour, lw=1, zorder=1)
        a.plot([], [], marker, color=colour, label=label)
    for axis in axes:
        axis.set(xlabel="failures an hour of each process", xticks=list(RATES.values()))
        axis.margins(x=0.08, y=0.1)
    a.set(title="a  goodput")
    b.set(title="b  top-1 accuracy (%)")
    legends.legend(a)


def goodput_above(a: Arm, a_never: Arm, b: Arm, b_never: Arm, by: float) -> Evidence:
    """Test that the goodput of a exceeds that of b by more than `by`."""
    return above(goodput(a, a_never), goodput(b, b_never), by)


CLAIMS = [
    *(
        Claim(
            f"ours_alive.goodput_{kind}",
            "ours",
            "Where each process fails every ten minutes, the goodput of two groups that share files exceeds that of "
            f"{kind} over two ranks by more than 0.05.",
            "ours, for Anil §2.1",
            # a twentieth of the machines; the formula expects a gap of 0.17
            partial(goodput_above, by=0.05),
            (f"files_{OFTEN}", f"files_{NEVER}", f"{kind}_{OFTEN}", f"{kind}_{NEVER}"),
            live=True,
        )
        for kind in ("predictions", "all_reduce")
    ),
    Claim(
        "ours_alive.accuracy",
        "ours",
        "Where each process fails every ten minutes, groups that share files end within one point of the accuracy "
        "without failures.",
        "ours, for Anil §2.1",
        finals(near, "valid_top1", by=1.0),
        (f"files_{OFTEN}", f"files_{NEVER}"),
        live=True,
    ),
]
