"""The list of figures and the arms that each reads.

A figure is a file in one of the folders below with a sweep of the same name. The sweep's yaml is
the only list of its arms. A new figure is found automatically.

figures/v2/fig2.py is fig2, figures/v1/fig2.py is v1_fig2, figures/anil/fig3.py is anil_fig3,
figures/anil/offline.py is anil_offline, figures/ours/bits.py is ours_bits.
"""

import importlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType

from codist import designs, errors, run_folder
from figures import HOME

# {folder: the prefix of its figures' names}
FOLDERS = {"v2": "", "v1": "v1_", "anil": "anil_", "ours": "ours_"}
PUBLISHED = re.compile(r"(v1_|anil_)?(fig(?=\d)|table(?=\d)|text(?=_))_?(\w+)")
PAPERS = (None, "v1_", "anil_")
KINDS = ("fig", "table", "text")


def place(stem: str) -> tuple:
    """Sort key of a figure: v2, v1, Anil, ours; figures before tables; by number or name."""
    if published := PUBLISHED.fullmatch(stem):
        paper, kind, number = published.groups()
        return PAPERS.index(paper), KINDS.index(kind), int(number) if number.isdigit() else 0, stem
    return len(PAPERS), 0, 0, stem


# every figure has a sweep of its name
SWEEPS = {path.stem for path in (HOME / "sweeps" / "sweep").glob("*.yaml")}
FILES = {  # every figure, and files that lack a sweep
    f"{prefix}{path.stem}": path
    for folder, prefix in FOLDERS.items()
    for path in (HOME / "figures" / folder).glob("*.py")
    if path.stem != "__init__"
}
NAMES = sorted(SWEEPS.intersection(FILES), key=place)
LAPTOP = "laptop"
MANY = 9  # of more arms only the first and the last are shown
SCALES = sorted(path.stem for path in (HOME / "sweeps" / "scale").glob("*.yaml"))


def module(name: str) -> ModuleType:
    """Import a figure's module, which has its drawing and its claims."""
    path = FILES[name]
    return importlib.import_module(f"figures.{path.parent.name}.{path.stem}")


def load(names: Iterable[str] = NAMES) -> dict[str, ModuleType]:
    """Import the figures of these names.

    Raises Refused if a figure lists an arm that its sweep lacks, or two claims share an id. Also
    if a claim compares an arm that the figure does not list.
    """
    figures = {name: module(name) for name in names}
    claims: dict = {}
    for name, figure in figures.items():
        path, listed = FILES[name].relative_to(HOME), arms_read(figure)
        for claim in figure.CLAIMS:
            for arm in claim.needs:
                if arm not in listed:
                    raise errors.Refused(
                        f"{path}: claim {claim.id} compares {arm}, which sweeps/sweep/{name}.yaml does not list; "
                        + errors.nearest(arm, listed)
                    )
            if claims.setdefault(claim.id, claim) is not claim:
                raise errors.Refused(
                    f"{path}: another claim has the id {claim.id}; choose a new one"
                )
    return figures


@cache
def yaml_of(sweep: str) -> dict:
    """Read the yaml of a sweep."""
    path = HOME / "sweeps" / "sweep" / f"{sweep}.yaml"
    found = run_folder.read(path, run_folder.parsed)
    if found is None:
        raise errors.Refused(
            f"{path.relative_to(HOME)} is not there; {errors.nearest(sweep, SWEEPS)}"
        )
    return found


@cache
def arms_of(sweep: str) -> tuple[str, ...]:
    """The arms of a sweep's yaml."""
    return tuple(designs.arms(yaml_of(sweep)))


@cache
def seeds_of(sweep: str) -> tuple[int, ...]:
    """The seeds that a sweep's arms are trained with by default; also of a sweep that is gone."""
    return designs.seeds(yaml_of(sweep) if sweep in SWEEPS else {})


@cache
def scale_at(sweep: str, scale: str) -> str:
    """The scale at which a sweep is trained and read when `scale` is asked for.

    A sweep with data for only one scale names this scale (`scale:`), which replaces laptop.
    """
    return yaml_of(sweep).get("scale", scale) if scale == LAPTOP else scale


def scales_in(*roots: Path) -> list[str]:
    """The scales of runs in `roots`, without those of a single sweep, which count as laptop."""
    own = {scale_at(name, LAPTOP) for name in NAMES} - {LAPTOP}
    there = [scale for scale in SCALES if any((root / scale).is_dir() for root in roots)]
    return [scale for scale in there if scale not in own]


@cache
def reads(figure: ModuleType) -> dict[str, tuple[str, ...]]:
    """{sweep: its arms} of a figure, in yaml order. Raises Refused for an arm its sweep lacks."""
    folder, stem = figure.__name__.split(".")[-2:]
    name, found = FOLDERS[folder] + stem, {}
    for sweep, asked in (yaml_of(name).get("questions") or {name: "all"}).items():
        known = arms_of(sweep)
        found[sweep] = (
            known if asked == "all" else (asked,) if isinstance(asked, str) else tuple(asked)
        )
        for arm in found[sweep]:
            if arm not in known:
                raise errors.Refused(
                    f"sweeps/sweep/{name}.yaml: {sweep} has no arm {arm}; {errors.nearest(arm, known)}"
                )
    return found


def arms_read(figure: ModuleType) -> tuple[str, ...]:
    """The arms that a figure reads, from all of its sweeps."""
    return tuple(arm for arms in reads(figure).values() for arm in arms)


def shortened(arms: Sequence[str], between: str = " ") -> str:
    """The names of the arms; of many arms only the first and the last."""
    return between.join(arms) if len(arms) <= MANY else f"{arms[0]} … {arms[-1]}: {len(arms)} arms"


def sweeps_of(figures: dict[str, ModuleType]) -> list[str]:
    """The sweeps that these figures read, each once."""
    return list(dict.fromkeys(sweep for figure in figures.values() for sweep in reads(figure)))


def answering(module: ModuleType) -> str:
    """The id of the claim that answers the figure's question: that in ANSWER, or the first."""
    return getattr(module, "ANSWER", module.CLAIMS[0].id)


def title(module: ModuleType) -> str:
    """A figure's question: its docstring's first line without "Figure 2: " and the full stop."""
    line = (module.__doc__ or "").splitlines()[0].rstrip(".")
    return line.partition(": ")[2] or line
