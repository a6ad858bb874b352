"""The network: at which link speed does codistillation pay off? (python -m figures.network)

Panel a compares the times that `python -m bench network` measured between two hosts on one machine
with the formula compute + payload / rate. Panel b applies the formula to the papers' networks, and
is marked as an extrapolation. No paper shows such a measurement: v2 counts bits, and the talk gives
four step times of all_reduce on Ethernet, which panel c shows as reported.
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from codist.link import update_seconds
from figures import HOME
from figures.drawing import rules, sheet
from figures.drawing.style import COLOURS, GREY, SMALL
from figures.ending import leave
from figures.screen import changes, digests, line

OUT = HOME / "figures" / "out"
RESULT = HOME / "paper" / "results" / "network.json"
# factors that shift points, which would otherwise hide all_reduce's
BESIDE = {"all_reduce": 1, "checkpoints": 1.12, "predictions": 1}
KINDS = {
    "all_reduce": ("all_reduce", COLOURS["all_reduce"]),
    "checkpoints": ("checkpoints", COLOURS["checkpoints_2500"]),
    "predictions": ("predictions, every update", COLOURS["codist_decayed"]),
}
# {nodes of 8 GPUs: ms per update of all_reduce} on Ethernet
TALK = {1: 412, 2: 956, 4: 1568, 8: 1593}
# (seconds of compute per update, weights, logits per GPU), for n = 2; compute from Goyal et al.
# (138 images per second on a P100) and from the talk
PAPERS = {
    "ResNet50, 32 images a GPU": (32 / 138, 25_557_032, 32 * 1000),
    "transformer-big, 3,584 tokens a GPU": (0.412, 229_000_000, 3584 * 32_768),
}
GIGABITS = np.geomspace(0.1, 100, 60)


def draw(found: dict) -> Figure:
    figure = Figure(figsize=(rules.PAGE, 3.3))
    measured, formula, talk = figure.subplots(
        1, 3, gridspec_kw={"width_ratios": [1.25, 1.45, 0.8], "wspace": 0.34}
    )
    rates = [float(rate) / 1000 for rate in found["times"]]
    without = np.array([times["none"]["seconds"] for times in found["times"].values()])
    for kind, (label, colour) in KINDS.items():
        of = [times[kind] for times in found["times"].values()]
        if kind == "checkpoints":
            label += f", every {found['period']} updates"
        ratio = [one["seconds"] for one in of] / without
        places = [rate * BESIDE[kind] for rate in rates]
        measured.plot(places, ratio, "o", color=colour, ms=4.5, mec="white", label=label, zorder=3)
        measured.plot(
            GIGABITS, 1 + of[0]["bits"] / (GIGABITS * 1e9) / without.mean(), color=colour, lw=1
        )
    measured.set(
        xscale="log",
        xlabel="link, Gb/s",
        title="a  update / no exchange, measured",
        xlim=(0.08, 13),
    )
    for (name, (seconds, weights, logits)), style in zip(PAPERS.items(), ("-", ":"), strict=True):
        bits = {
            "all_reduce": 2 * 32 * weights,
            "checkpoints": 32 * weights / found["period"],
            "predictions": 32 * logits,
        }
        for kind, (_, colour) in KINDS.items():
            formula.plot(
                GIGABITS, 1 + bits[kind] / (GIGABITS * 1e9) / seconds, style, color=colour, lw=1
            )
        formula.plot([], [], style, color=GREY, lw=1, label=name)
    formula.set(
        xscale="log", yscale="log", xlabel="link, Gb/s", title="b  update / compute, extrapolated"
    )
    formula.legend(loc="upper right", frameon=False, fontsize=SMALL)
    talk.bar(range(4), list(TALK.values()), color=GREY, width=0.6)
    talk.set_xticks(range(4), TALK)
    talk.set(xlabel="nodes, Ethernet", title="c  as reported: ms")
    for axis in (measured, formula):
        axis.xaxis.set_major_formatter("{x:g}")
        axis.axhline(1, color=GREY, lw=0.6, zorder=1)
    formula.yaxis.set_major_formatter("{x:g}")
    for at, value in enumerate(TALK.values()):
        talk.text(at, value + 15, value, ha="center", va="bottom", size=SMALL, color=GREY)
    figure.legend(
        *measured.get_legend_handles_labels(),
        loc="upper left",
        bbox_to_anchor=(0.01, 0.865),
        ncols=4,
        frameon=False,
    )
    under = dict(size=7, color="0.25", va="top", linespacing=1.2)
    figure.text(0.01, 0.935, "\n".join(sheet.wrapped(answer(found), 130)), **under)
    figure.text(0.01, 0.985, "At which link speed does codistillation pay off?", size=9, va="top")
    size = f"{found['times']['100']['all_reduce']['bits'] / 32:,.0f}"
    small = dict(size=SMALL - 0.5, color="0.4", va="bottom", linespacing=1.35)
    figure.text(
        0.01,
        0.015,
        f"a: ResNet-8 of {size} weights, a rank on either of two hosts (network namespaces) of one machine, best of "
        f"{found['model']['turns']} turns; lines: compute +\npayload / rate, without the stale copy's forward of "
        f"checkpoints; points above: processors busy sending. b: that formula, nothing measured;\nn = 2, a link "
        f"for each device, 2·32·W bits an all_reduce (over two devices, as in a, half), no overlap. c: all_reduce of "
        f"229 M weights by the\ntalk, 8 GPUs a node. · commit {found['commit']} · "
        f"{found['machine']['processor']}",
        **small,
    )
    figure.subplots_adjust(left=0.065, right=0.995, top=0.745, bottom=0.3)
    return figure


def answer(found: dict) -> str:
    """The answer under the title: the measured times at the slowest and the fastest link."""
    slow, fast = (choose(found["times"], key=float) for choose in (min, max))
    facts = [
        f"{kind} {' and '.join(f'×{over(found, rate, kind):.2f}' for rate in (slow, fast))}"
        for kind in KINDS
    ]
    return (
        f"At {float(slow) / 1000:g} and {float(fast) / 1000:g} Gb/s an update takes, relative to no exchange: "
        f"{'; '.join(facts)}. One measurement, no interval."
    )


def over(found: dict, rate: str, kind: str) -> float:
    """The measured time of an update relative to one without exchange."""
    times = found["times"][rate]
    return times[kind]["seconds"] / times["none"]["seconds"]


def table(found: dict) -> str:
    """Milliseconds per update, measured and by the formula, and relative to no exchange."""
    lines = [f"{'link':>10}{'':3}{'':<14}{'ms':>8}{'formula':>10}{'over no exchange':>19}"]
    for rate, times in found["times"].items():
        without = times["none"]["seconds"]
        for kind in KINDS:
            seconds = times[kind]["seconds"]
            predicted = update_seconds(without, times[kind]["bits"], float(rate) * 1e6)
            took = (
                f"{1000 * seconds:>8.1f}{1000 * predicted:>10.1f}{over(found, rate, kind):>19.2f}"
            )
            lines.append(f"{float(rate) / 1000:>5g} Gb/s   {kind:<14}{took}")
    machine = found["machine"]
    lines.append(
        f"measured on {machine['cores']} cores of {machine['processor']}, commit {found['commit']}, gloo"
    )
    return "\n".join(lines)


def main(out: Path = OUT) -> int:
    try:
        found = json.loads(RESULT.read_text())
    except FileNotFoundError:
        print(
            f"{os.path.relpath(RESULT)} is not there; python -m bench network measures it (as root)",
            file=sys.stderr,
        )
        return 2
    before, numbers = digests(out.glob("network.*")), out / "network.txt"
    paths = sheet.save(draw(found), "network", out, ["pdf", "png", "svg"])
    numbers.write_text(table(found) + "\n")
    changed = changes(before, digests(paths))
    print(
        line(
            "network",
            f"1 figure in {os.path.relpath(out)}: {changed}; "
            f"its numbers: {os.path.relpath(numbers)}",
        )
    )
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
