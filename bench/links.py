"""Methods of ours_rivals_time over rate-limited links: seconds of an update, measured and over the model.

Real runs on the first bed between two hosts (bench/hosts.py; needs root), a device of 64 examples each. Writes
paper/results/links.json, which the figure draws. Modelled: the time without a limit, plus bits over the rate.

Averages of gradients and weights send large messages. Their receives are posted first (codist/swap.py), since gloo's
all_to_all would carry one direction at a time.
"""

import json
import sys
import tempfile
from itertools import pairwise
from math import inf
from pathlib import Path

from hydra import initialize_config_dir

from bench import hosts
from codist.bits import sent
from codist.link import update_seconds
from codist.rows import rows
from figures.ours.rivals_time import DECAYED, LINKS, MEASURED, SHOWN
from launch import jobs
from launch.compose import SWEEPS
from launch.origin import origin

MEGABITS = (100, 1000, 10_000)
ONE_DEVICE = ("device_batch=64", "devices_per_server=1")  # of each host
BURST = 0.0001  # seconds; at the lowest rate one packet, the least
NEAR = 0.15  # of the model, the goal
TURNS = 3  # of all rates, for the least time of each


def run(line) -> None:
    if not hosts.allowed():
        line("links: not measured; network namespaces need root and iproute2", float("nan"))
        return
    found = {method: measured(method) for method in SHOWN}
    for method, times in found.items():
        for rate in MEGABITS:
            modelled = update_seconds(times["unlimited"], times["bits"], rate * 1e6)
            what = f"{rate / 1000:g} Gb/s: {method}, measured over modelled"
            line(what, times[str(rate)] / modelled, at_least=1 - NEAR, at_most=1 + NEAR)
    LINKS.write_text(json.dumps({"methods": found, **origin()}, indent=1) + "\n")


def measured(method: str) -> dict[str, float]:
    """Seconds of an update without a limit and at each rate, by wall time; bits an update of a link."""
    arm = f"{MEASURED}_{DECAYED}_{method}"
    asked = ["sweep=rivals", "scale=glyphs", f"arm={arm}", "seed=1", *ONE_DEVICE]
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        run = jobs.single(asked).run
    times = {"bits": sent(run).wire} | dict.fromkeys(["unlimited", *map(str, MEGABITS)], inf)
    # twice as often without a limit, which three ratios have below
    for rate in (None, *MEGABITS, None) * TURNS:
        with (
            tempfile.TemporaryDirectory(prefix="links-") as folder,
            hosts.joined(rate, BURST) as joined,
        ):
            places = [f"place.runs={folder}", "place.shipped=null"]
            hosts.on_ranks(joined, [sys.executable, "src/run.py", *asked, *places])
            (log,) = Path(folder).rglob("model0.jsonl")
            name = str(rate or "unlimited")
            times[name] = min(times[name], least(rows(log.parent)))
    return times


def least(of_run: list[dict]) -> float:
    """Seconds of an update between two rows, in the part of the run that was disturbed least."""
    at = [(row["update"], row["seconds"]) for row in of_run]
    return min((t - s) / (k - j) for (j, s), (k, t) in pairwise(at))
