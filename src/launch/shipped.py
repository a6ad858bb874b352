"""The shipped runs: their folders, and the jobs of the current sweeps for their arms."""

from pathlib import Path

from hydra.errors import MissingConfigException

from codist.config import Place
from codist.errors import Refused
from launch.compose import names, parsed, scales
from launch.jobs import Job
from launch.jobs import jobs as asked_for
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


def arms(
    arguments: list[str], values: dict, folders: list[Path]
) -> dict[tuple[str, str, str], Job]:
    """Returns {(scale, sweep, arm): job of seed 1}, by default of all shipped sweeps."""
    there: dict[str, set[str]] = {}
    for scale, sweep in (folder.parts[-4:-2] for folder in folders):
        if scale in scales() and sweep in names():
            there.setdefault(scale, set()).add(sweep)
    if "scale" in values:
        given = {"": set().union(*there.values())}
    else:
        given = {f"scale={scale}": sweeps for scale, sweeps in sorted(there.items())} or {"": set()}
    found: dict[tuple[str, str, str], Job] = {}
    missing: list[MissingConfigException] = []
    for scale, sweeps in given.items():
        more = [f"sweep={','.join(sorted(sweeps))}"] if "sweep" not in values and sweeps else []
        try:
            jobs = asked_for([*arguments, *filter(None, [scale]), *more, "seed=1"])
        except (
            MissingConfigException
        ) as error:  # a scale without data for a sweep that was asked for
            missing.append(error)
            continue
        found |= {(job.run.scale, job.run.sweep, job.run.arm): job for job in jobs}
    if missing and (not found or "sweep" not in values):
        raise missing[0]
    return found
