"""The settings of each arm at each scale, with or without runs, from paper/settings.csv.

python src/run.py settings writes the file.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from figures import HOME
from figures.evidence.consistency import Unreadable

FILE = HOME / "paper" / "settings.csv"


@dataclass(frozen=True)
class Setting:
    scale: str
    sweep: str
    arm: str
    data: str
    examples: int  # per epoch, in `unit`
    unit: str  # tokens or examples; also the unit of `batch`
    networks: tuple[str, ...]  # each once, by the name of the published network
    weights: tuple[int, ...]  # number of weights of each network
    n: int
    batch: int  # per model
    device_batch: int
    epochs: float
    updates: int  # per model


def read(path: Path = FILE) -> dict[tuple[str, str], Setting]:
    """Read {(scale, arm): its setting}; scales in ascending order of their updates."""
    with open(path, newline="") as lines:
        found = [setting(row) for row in csv.DictReader(lines)]
    updates: dict[str, int] = {}
    for one in found:
        updates[one.scale] = updates.get(one.scale, 0) + one.updates
    return {(one.scale, one.arm): one for one in sorted(found, key=lambda one: updates[one.scale])}


def setting(row: dict[str, str]) -> Setting:
    make: dict[Any, Callable[[str], Any]] = {
        int: int,
        float: float,
        str: str,
        tuple[str, ...]: lambda text: tuple(text.split()),
        tuple[int, ...]: lambda text: tuple(map(int, text.split())),
    }
    values: dict = {name: make[kind](row[name]) for name, kind in get_type_hints(Setting).items()}
    return Setting(**values)


def of_arms(
    by_arm: dict[tuple[str, str], Setting], arms: tuple[str, ...]
) -> dict[str, list[Setting]]:
    """{scale: the settings of `arms`, in order}, for scales that have all of them.

    Raises Unreadable for an arm of no scale.
    """
    known = {arm for _, arm in by_arm}
    if missing := [arm for arm in arms if arm not in known]:
        raise Unreadable(f"paper/settings.csv has no arm {missing[0]}; make settings")
    scales = dict.fromkeys(scale for scale, _ in by_arm)
    return {
        scale: [by_arm[scale, arm] for arm in arms]
        for scale in scales
        if all((scale, arm) in by_arm for arm in arms)
    }
