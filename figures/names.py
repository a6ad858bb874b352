"""Which figures there are: a file in figures/ that has a sweep of its name. A new one is found by itself."""

import importlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import ModuleType

import yaml

from codist import errors
from figures import HOME

FOLDER = Path(__file__).parent
PUBLISHED = re.compile(r"(v1_|anil_)?(fig(?=\d)|table(?=\d)|text(?=_))_?(\w+)")
PAPERS = (None, "v1_", "anil_")
KINDS = ("fig", "table", "text")


def place(stem: str) -> tuple:
    """Where a figure stands among all: v2's, v1's, Anil's, ours; figures before tables, by number or by name."""
    if published := PUBLISHED.fullmatch(stem):
        paper, kind, number = published.groups()
        return PAPERS.index(paper), KINDS.index(kind), int(number) if number.isdigit() else 0, stem
    return len(PAPERS), 0, 0, stem


SWEEPS = {path.stem for path in (HOME / "sweeps" / "sweep").glob("*.yaml")}  # a figure has one of its name
NAMES = sorted(SWEEPS.intersection(path.stem for path in FOLDER.glob("*.py")), key=place)
SCALES = sorted(path.stem for path in (HOME / "sweeps" / "scale").glob("*.yaml"))


def load(names: Iterable[str] = NAMES) -> dict[str, ModuleType]:
    """The figures of these names. Raises Refused where one shows an arm that its sweeps do not have."""
    figures = {name: importlib.import_module(f"figures.{name}") for name in names}
    for name, module in figures.items():
        known = {arm for sweep in module.SWEEPS for arm in arms_of(sweep)}
        for arm in module.ARMS:
            if arm not in known:
                raise errors.Refused(f"figures/{name}.py shows {arm}, no arm of {', '.join(module.SWEEPS)}; "
                              f"{errors.nearest(arm, known)}")  # fmt: skip
    return figures


@cache
def arms_of(sweep: str) -> tuple[str, ...]:
    """The arms that a sweep's file names."""
    return tuple(yaml.safe_load((HOME / "sweeps" / "sweep" / f"{sweep}.yaml").read_text()).get("arms", ()))


def sweeps_of(figures: dict[str, ModuleType]) -> list[str]:
    """The sweeps that these figures read, each once."""
    return list(dict.fromkeys(sweep for module in figures.values() for sweep in module.SWEEPS))


def title(module: ModuleType) -> str:
    """What a figure asks: its first line, without "Figure 2: " before it and the stop behind."""
    whole = module.__doc__.splitlines()[0].rstrip(".")
    return whole.partition(": ")[2] or whole
