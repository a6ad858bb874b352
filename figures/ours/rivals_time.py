"""Ours, rivals over time: over a slow link, which method is first within one point of all_reduce?

Lines are modelled: updates until then are measured, the time of an update is its compute and its
bits over the link (codist/link.py). Markers use the times that `python -m bench links` measured.
"""

import json

import numpy as np

from codist.link import update_seconds
from figures.drawing import legends, marks, ticks
from figures.drawing.over_bits import ALL_REDUCE, DECAYED, FAMILIES, METHODS, wire
from figures.evidence.arm import Arm
from figures.evidence.results import RESULTS
from figures.ours import rivals
from figures.ours.rivals import BEDS

# {method: (label, dashes)}
SHOWN = {
    ALL_REDUCE: ("all_reduce", "-"),
    "powersgd_4": ("PowerSGD, rank 4", "-"),
    "local_16": ("local SGD, every 16", "-"),
    "diloco_64": ("DiLoCo, every 64", "--"),
    "codist": ("codistillation, all logits", "-"),
    "codist_top2": ("codistillation, 2 logits", "--"),
}
BELOW = 1.0  # points under all_reduce's final accuracy
DEVICES = 2  # one of each server; each computes at the same time as the other
MEASURED = "scarce"  # the bed whose updates `python -m bench links` times over links
LINKS = RESULTS / "links.json"
RATES = np.geomspace(1e7, 1e10, 40)  # bits a second
PANELS = 3
ANSWER = "ours_rivals.scarce_diloco_64_reaches"  # first over slow links, if it gets there
METHOD = (
    "lines are modelled from measured runs: updates until the mean of {seeds} is within a point of all_reduce's end "
    "(a row each sixth of training), times compute of one of two servers with a CPU core each, plus bits over its "
    "link; no latency, no overlap. Markers: the same updates, at the time that one took over shaped links "
    "(paper/results/links.json), on another machine and with latency"
)
# the times are modelled; which methods get there is measured
CLAIMS = [
    claim
    for claim in rivals.CLAIMS
    if claim.id.endswith("_reaches")
    and claim.needs[0] in {f"{bed}_{DECAYED}_{method}" for bed in BEDS for method in SHOWN}
]


def updates_until(arm: Arm, accuracy: float) -> float:
    """Updates of the first row whose mean over seeds is at least `accuracy`; inf if there is none."""
    updates, values = arm.curve("update", "valid_top1")
    enough = updates[values.mean(axis=0) >= accuracy]
    return float(enough[0]) if len(enough) else np.inf


def compute(arm: Arm) -> float:
    """Seconds of an update on each device, mean over seeds."""
    return float(
        np.mean([done["cpu_seconds"] / done["update"] / DEVICES for done in arm.done.values()])
    )


def draw(arms, axes):
    for axis, letter, (bed, (_, words)) in zip(axes, "abc", BEDS.items(), strict=True):
        axis.set(xscale="log", yscale="log", xlabel="link of a server (bits a second)")
        axis.set_title(f"{letter}  seconds: {words}")
        there = {method: arms.get(f"{bed}_{DECAYED}_{method}") for method in SHOWN}
        if reference := there[ALL_REDUCE]:
            _, values = reference.curve("update", "valid_top1")
            enough = values.mean(axis=0)[-1] - BELOW
            times = {method: times_of(arm, method, enough) for method, arm in there.items() if arm}
            seen = [*times.values()]
            for method, seconds in times.items():
                look = dict(color=colour_of(method), lw=1.3)
                axis.plot(RATES, seconds, SHOWN[method][1], **look)
                if bed == MEASURED:
                    rates, measured = measured_of(there[method], method, enough)
                    seen.append(measured)
                    axis.plot(
                        rates, measured, "o", ms=3.5, mec="white", mew=0.5, color=look["color"]
                    )
            ticks.limits(axis, seen)
            if never := [
                SHOWN[one][0] for one, seconds in times.items() if np.isnan(seconds).all()
            ]:
                where = dict(transform=axis.transAxes, size=marks.SMALL, va="top", ha="right")
                axis.text(0.98, 0.97, "never: " + ",\n".join(never), **where)
    for method, (label, dashes) in SHOWN.items():
        axes[0].plot([], [], dashes, color=colour_of(method), label=label)
    legends.legend(axes[0], columns=3)


def colour_of(method: str) -> str:
    return FAMILIES[METHODS[method][0]][0]


def times_of(arm: Arm, method: str, accuracy: float) -> np.ndarray:
    """(RATES,) seconds until the accuracy over links of these rates; NaN if it is not reached."""
    updates = updates_until(arm, accuracy)
    bits, seconds = wire(arm, METHODS[method][2]), compute(arm)
    each = np.array([update_seconds(seconds, bits, rate) for rate in RATES])
    return updates * each if np.isfinite(updates) else np.full(len(RATES), np.nan)


def measured_of(arm: Arm, method: str, accuracy: float) -> tuple[np.ndarray, np.ndarray]:
    """Rates of the links that were measured, and the seconds until the accuracy over them; NaN if not reached."""
    times = json.loads(LINKS.read_text())["methods"][method]
    rates = [rate for rate in times if rate.isdecimal()]  # Mb/s
    updates = updates_until(arm, accuracy)
    seconds = np.array([times[rate] for rate in rates])
    return np.array(rates, float) * 1e6, seconds * (updates if np.isfinite(updates) else np.nan)
