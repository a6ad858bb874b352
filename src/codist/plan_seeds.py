"""The seeds that a plan (paper/plan.yaml) gives the arms of each sweep. Needs no torch."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from codist import run_folder
from codist.errors import Refused


class Part(NamedTuple):
    """Some seeds of some sweeps at one scale."""

    scale: str
    seeds: tuple[int, ...]
    sweeps: dict[str, str | list[str]]  # {sweep: "all", or some of its arms}


def read(path: Path) -> dict:
    """The content of a plan. Raises Refused if it is missing, or lacks seeds, runs or margins."""
    content = run_folder.read(path, run_folder.parsed)
    if content is None:
        raise Refused(f"{path} is not there; restore it")
    if not isinstance(content.get("seeds"), dict):
        raise Refused(
            f"{path}: expected seeds: {{<scale>: {{<first>-<last>: {{<sweep>: all}}}}}}, got none; add them"
        )
    for name, form, is_form in (("runs", "<folder>", str), ("margins", "{<test>: <reason>}", dict)):
        if not isinstance(content.get(name), is_form):
            raise Refused(f"{path}: expected {name}: {form}, got {content.get(name)}; add it")
    return content


def parts(content: dict, where: str) -> Iterator[Part]:
    """The parts of a plan's seeds. where: the plan's name, for errors."""
    for scale, ranges in content["seeds"].items():
        for text, sweeps in ranges.items() if isinstance(ranges, dict) else [("seeds", None)]:
            if not isinstance(sweeps, dict):
                raise Refused(
                    f"{where}: {scale}, {text}: expected {{<sweep>: all}}, got {sweeps}; add it"
                )
            yield Part(scale, range_of(text, where), sweeps)


def range_of(text: str, where: str) -> tuple[int, ...]:
    first, dash, last = str(text).partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
        raise Refused(f"{where}: expected seeds as <first>-<last>, got {text}; write 101-112")
    return tuple(range(int(first), int(last) + 1))


def of_arm(plan: list[Part], scale: str, sweep: str, arm: str) -> tuple[int, ...]:
    """The seeds of one arm; () if the plan has none."""
    for part in plan:
        arms = part.sweeps.get(sweep, [])
        if part.scale == scale and (arms == "all" or arm in arms):
            return part.seeds
    return ()
