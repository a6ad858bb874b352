"""Resolve a run's paths: relative to the current folder if typed, to the checkout if default."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path

from codist.config import Place
from codist.unpacked import unpacked
from workloads.checkout import in_checkout

PATHS = ("data", "runs", "shipped")


def located(place: Place, overrides: Iterable[str]) -> Place:
    """Returns `place` with paths that can be opened from the current folder.

    overrides: those of the command line. Their paths are relative to the current folder, as in the
               shell. Paths of sweeps/ and codist.config are relative to the checkout, so every
               command finds the same runs wherever it is started.
    """
    keys = {override.lstrip("+").partition("=")[0] for override in overrides}
    ours = {name: getattr(place, name) for name in PATHS if f"place.{name}" not in keys}
    found: dict = {name: str(in_checkout(path)) for name, path in ours.items() if path is not None}
    return replace(place, **found)


@cache
def unpacked_once(root: str, scale: str = "", sweep: str = "") -> Path:
    """Returns the folder with the run folders of the shipped results in `root`, packed or not.

    scale, sweep: of the runs that will be read; without them, all.
    """
    return unpacked(Path(root), [(scale, sweep)] if sweep else None)
