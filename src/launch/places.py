"""Where a run's files are on this machine: what was typed is below the current folder, all else in the checkout."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from codist.config import Place

CHECKOUT = Path(__file__).resolve().parents[2]
PATHS = ("data", "runs", "shipped")


def in_checkout(path: str) -> Path:
    """`path` of the checkout: relative where it is below the current folder, else absolute."""
    there, here = CHECKOUT / path, Path.cwd()
    return there.relative_to(here) if there.is_relative_to(here) else there


def located(place: Place, overrides: Iterable[str]) -> Place:
    """`place` with paths that can be opened from the current folder.

    overrides: what was typed. Such a path is read as the shell would; those of sweeps/ and of
    codist.config are in the checkout, so that every command finds the same runs wherever it is
    started.
    """
    typed = {override.lstrip("+").partition("=")[0] for override in overrides}
    ours = {name: getattr(place, name) for name in PATHS if f"place.{name}" not in typed}
    found: dict = {name: str(in_checkout(path)) for name, path in ours.items() if path is not None}
    return replace(place, **found)
