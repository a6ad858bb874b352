"""The shipped runs: their folders, and the jobs of the current sweeps for their arms."""

from pathlib import Path

from hydra.errors import MissingConfigException

from codist.config import Place, Run
from codist.errors import Refused, nearest
from launch.compose import names, parsed, scales
from launch.jobs import Job
from launch.jobs import jobs as asked_for
from launch.jobs import values_of as choices
from launch.places import unpacked_once
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
    folders = sorted(path for path in unpacked_once(str(root)).glob("*/*/*/*") if path.is_dir())
    if not folders:
        raise Refused(
            f"no run is in {root}; place.shipped=<where runs are, as <scale>/<sweep>/<arm>/<seed>>"
        )
    return root, folders


def arms(arguments: list[str], folders: list[Path]) -> dict[tuple[str, str, str], Job]:
    """Returns {(scale, sweep, arm): job of seed 1}, by default of all shipped scales and sweeps.

    Raises Refused for a scale without runs, and Hydra's error for a sweep without data at any scale.
    """
    there: dict[str, set[str]] = {}
    for scale, sweep in (folder.parts[-4:-2] for folder in folders):
        if scale in scales() and sweep in names():
            there.setdefault(scale, set()).add(sweep)
    asked = {o.key_or_group: choices(o) for o in parsed(arguments)}
    for scale in asked.get("scale", ()) if there else ():
        if scale not in there:
            raise Refused(f"no run of scale={scale} is there; {nearest(scale, there)}")
    others = [a for a in arguments if not a.startswith(("scale=", "sweep="))]
    found: dict[tuple[str, str, str], Job] = {}
    for sweep in asked.get("sweep", [""]):  # "": all that a scale has
        of_sweep: dict[tuple[str, str, str], Job] = {}
        missing = None
        for scale in asked.get("scale") or sorted(there) or [Run.scale]:
            sweeps = sweep or ",".join(sorted(there.get(scale, ())))
            given = [*others, f"scale={scale}", *([f"sweep={sweeps}"] if sweeps else []), "seed=1"]
            try:
                jobs = asked_for(given)
            except MissingConfigException as error:
                if not sweep:  # runs ship for which the scale has no data any more
                    raise
                missing = error
                continue
            of_sweep |= {(job.run.scale, job.run.sweep, job.run.arm): job for job in jobs}
        if missing and not of_sweep:
            raise missing
        found |= of_sweep
    return found
