"""The shipped runs: their folders, and the jobs of the current sweeps for their arms."""

from pathlib import Path

from codist.config import Place
from codist.errors import Refused
from launch.compose import names, parsed, scales
from launch.jobs import Job
from launch.jobs import jobs as asked_for
from workloads.checkout import in_checkout


def values_of(arguments: list[str]) -> dict:
    """Returns {option: its value}."""
    return {o.key_or_group: o.value() for o in parsed(arguments)}


def shipped(values: dict) -> tuple[Path, list[Path]]:
    """Returns the folder of shipped results and its run folders, sorted.

    Raises Refused without any.
    """
    root = (
        Path(str(values["place.shipped"]))
        if "place.shipped" in values
        else in_checkout(str(Place.shipped))
    )
    folders = sorted(path for path in root.glob("*/*/*/*") if path.is_dir())
    if not folders:
        raise Refused(
            f"no run is in {root}; place.shipped=<where runs are, as <scale>/<sweep>/<arm>/<seed>>"
        )
    return root, folders


def arms(
    arguments: list[str], values: dict, folders: list[Path]
) -> dict[tuple[str, str, str], Job]:
    """Returns {(scale, sweep, arm): job of seed 1}, by default of all shipped sweeps."""
    for place, (key, known) in enumerate((("scale", scales()), ("sweep", names()))):
        there = sorted({folder.parts[place - 4] for folder in folders}.intersection(known))
        if key not in values and there:
            arguments = [*arguments, f"{key}={','.join(there)}"]
    jobs = asked_for([*arguments, "seed=1"])
    return {(job.run.scale, job.run.sweep, job.run.arm): job for job in jobs}
