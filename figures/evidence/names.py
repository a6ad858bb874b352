"""Which figures there are: a file in a folder below that has a sweep of its name. A new one is found by itself.

figures/v2/fig2.py is fig2, figures/v1/fig2.py is v1_fig2, figures/anil/fig3.py is anil_fig3, figures/ours/bits.py is
ours_bits.
"""

import importlib
import re
from collections.abc import Iterable
from functools import cache
from types import ModuleType

import yaml

from codist import errors
from figures import HOME

FOLDERS = {"v2": "", "v1": "v1_", "anil": "anil_", "ours": "ours_"}  # and how the names of their figures begin
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
FILES = {  # of each figure, and of files that lack a sweep
    f"{prefix}{path.stem}": path
    for folder, prefix in FOLDERS.items()
    for path in (HOME / "figures" / folder).glob("*.py")
    if path.stem != "__init__"
}
NAMES = sorted(SWEEPS.intersection(FILES), key=place)
SCALES = sorted(path.stem for path in (HOME / "sweeps" / "scale").glob("*.yaml"))


def module(name: str) -> ModuleType:
    """The figure's code: what it reads, draws and claims."""
    path = FILES[name]
    return importlib.import_module(f"figures.{path.parent.name}.{path.stem}")


def load(names: Iterable[str] = NAMES) -> dict[str, ModuleType]:
    """The figures of these names. Raises Refused where one shows an arm that its sweeps do not have, or where two
    claims share an id."""
    figures = {name: module(name) for name in names}
    claims = {}
    for name, figure in figures.items():
        known = {arm for sweep in figure.SWEEPS for arm in arms_of(sweep)}
        for arm in figure.ARMS:
            if arm not in known:
                shown, sweeps = FILES[name].relative_to(HOME), ", ".join(figure.SWEEPS)
                raise errors.Refused(f"{shown} shows {arm}, no arm of {sweeps}; {errors.nearest(arm, known)}")
        for claim in figure.CLAIMS:
            if claims.setdefault(claim.id, claim) is not claim:
                raise errors.Refused(
                    f"{FILES[name].relative_to(HOME)}: another claim has the id {claim.id}; choose a new one"
                )
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
