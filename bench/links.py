"""Methods of ours_rivals_time over rate-limited links: median seconds of an update, over the model's.

Real runs on the first bed between two hosts (bench/hosts.py; needs root), a device of 64 examples each. Writes
paper/results/links.json, which the figure draws. Modelled: the time without a limit, plus bits over the rate.

Averages of gradients and weights send large messages. Their receives are posted first (codist/swap.py), since gloo's
all_to_all would carry one direction at a time.
"""

import json
import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from statistics import median

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
# seconds; at the lowest rate one packet, the least. After a pause it passes without delay, so short
# messages, as PowerSGD's of two or three packets, are faster than modelled; the kernel needs netem to delay them
BURST = 0.0001
NEAR = 0.15  # of the model, the goal
TURNS = 5  # of all rates


def run(line) -> None:
    if not hosts.allowed():
        line("links: not measured; network namespaces need root and iproute2", float("nan"))
        return
    found = {method: measured(method) for method in SHOWN}
    for method, times in found.items():
        for rate in MEGABITS:
            what = f"{rate / 1000:g} Gb/s: {method}, measured over modelled"
            line(what, over_modelled(times, rate), at_least=1 - NEAR, at_most=1 + NEAR)
    LINKS.write_text(json.dumps({"methods": found, **origin()}, indent=1) + "\n")


def over_modelled(times: dict[str, float], megabits: int) -> float:
    """The measured time of an update at a rate, over the modelled one; times: of `measured`."""
    return times[str(megabits)] / update_seconds(times["unlimited"], times["bits"], megabits * 1e6)


def measured(method: str) -> dict[str, float]:
    """Seconds of an update without a limit and at each rate, by wall time; bits an update of a link."""
    arm = f"{MEASURED}_{DECAYED}_{method}"
    asked = ["sweep=rivals", "scale=glyphs", f"arm={arm}", "seed=1", *ONE_DEVICE]
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        run = jobs.single(asked).run
    found: dict[str, list[float]] = {"unlimited": [], **{str(rate): [] for rate in MEGABITS}}
    # twice as often without a limit, which three ratios have below
    for rate in (None, *MEGABITS, None) * TURNS:
        with (
            tempfile.TemporaryDirectory(prefix="links-") as folder,
            hosts.joined(rate, BURST) as joined,
        ):
            places = [f"place.runs={folder}", "place.shipped=null"]
            hosts.on_ranks(joined, [sys.executable, "src/run.py", *asked, *places])
            (log,) = Path(folder).rglob("model0.jsonl")
            found[str(rate or "unlimited")] += between_rows(rows(log.parent))
    # the least of many would be lower the more there are, and their spread here is a fifth
    return {"bits": sent(run).wire} | {name: median(of) for name, of in found.items()}


def between_rows(of_run: list[dict]) -> list[float]:
    """Seconds of an update, between every two rows of a run."""
    at = [(row["update"], row["seconds"]) for row in of_run]
    return [(t - s) / (k - j) for (j, s), (k, t) in pairwise(at)]
