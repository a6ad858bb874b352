"""From what was typed to Runs: compose the sweep, put the arm over it, scale it, then what was typed over all."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from hydra import compose
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from codist.config import Run, check, scaled
from codist.errors import Refused, nearest
from codist.runlog import folder_of
from launch.refusals import of_key

SWEEPS = Path(__file__).parents[2] / "sweeps"
SEEDS = (1, 2, 3)

HELP = """Codistillation: train n models that learn from each other. Sodhani et al., arXiv 2010.02838.

  python src/run.py -m sweep=fig2                          every arm of a figure, seeds 1, 2, 3; resumes
  python src/run.py -m sweep=batch arm=batch_512 seed=7    some arms (a,b) and seeds (1,2)
  python src/run.py sweep=regularization arm=codist_fixed seed=2     one run
  python src/run.py plan sweep=fig2 scale=paper            what it would run, send and cost; trains nothing
  python src/run.py -m sweep=batch lr.start=0.2 place.runs=runs/lr   any option: what is typed beats the arm

Options (meaning and units: src/codist/config.py) with their defaults at sweep=... scale=laptop: --cfg job
Sweeps: sweeps/sweep/*.yaml, each with its question and its arms. Scales: laptop (default), paper.
Figures and verdicts: python -m figures --help; or make help.
"""


@dataclass
class Composed(Run):
    """What a sweep's yaml may hold: a Run, and the arms that vary it, or the sweeps that a figure reads."""

    arms: dict[str, Any] = field(default_factory=dict)
    questions: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Job:
    """One run of a sweep: the overrides that make it, what they make, and its folder."""

    overrides: tuple[str, ...]
    run: Run
    folder: Path
    shipped: Path | None  # where its results would have come with the code

    @property
    def name(self) -> str:
        return f"{self.run.sweep}/{self.run.arm}/{self.run.seed}"


def jobs(typed: list[str]) -> list[Job]:
    """Every run that `typed` asks for, arms in the order of their file. Raises Refused where it cannot be."""
    asked, rest = {}, []
    for override in parsed(typed):
        if override.key_or_group in ("sweep", "arm", "seed"):
            asked[override.key_or_group] = values_of(override)
        else:
            rest.append(override)
    if "sweep" not in asked:
        raise Refused(f"say which sweep: sweep=<one of {', '.join(names())}>")
    found = {}
    for others in BasicSweeper.split_arguments(rest, None)[0]:
        others = [o for o in others if not o.startswith("hydra")]
        for sweep, arm in arms_of(asked["sweep"], asked.get("arm"), others):
            for seed in asked.get("seed", SEEDS):
                overrides = (f"sweep={sweep}", f"arm={arm}", f"seed={seed}", *others)
                found[overrides] = job(overrides)
    folders = {}
    for one in found.values():
        if one.folder in folders:
            raise Refused(
                f"two of these runs would share {one.folder}; sweep such options one at a time, with place.runs"
            )
        folders[one.folder] = one
    return list(found.values())


def single(typed: list[str]) -> Job:
    """The one run that `typed` asks for."""
    asked = {o.key_or_group for o in parsed(typed)}
    for key, example in (("sweep", ", ".join(names())), ("arm", ""), ("seed", "")):
        if key in asked or key == "seed":
            continue
        if key == "arm":
            sweep = values_of(next(o for o in parsed(typed) if o.key_or_group == "sweep"))[0]
            example = ", ".join(sorted({arm for _, arm in arms_of([sweep], None, groups(typed))}))
        raise Refused(f"say which {key}: {key}=<one of {example}>; or put -m before sweep= for all of a sweep")
    if "seed" not in asked:
        typed = [*typed, "seed=1"]
    found = jobs(typed)
    if len(found) > 1:
        raise Refused(f"{' '.join(typed)} names {len(found)} runs; put -m before it to run them all")
    return found[0]


def arms_of(sweeps, arms, others: list[str]) -> list[tuple[str, str]]:
    """The (sweep, arm) asked for. A figure's sweep asks for those of the sweeps it reads."""
    there = {}
    for sweep in sweeps:
        if sweep not in names():
            raise Refused(f"sweep={sweep} is not in sweeps/sweep; {nearest(sweep, names())}")
        composed = composition(f"sweep={sweep}", *groups(others))
        for question, wanted in (composed.questions or {sweep: "all"}).items():
            known = list(composition(f"sweep={question}", *groups(others)).arms)
            for arm in known if wanted == "all" else wanted:
                if arm not in known:
                    raise Refused(f"sweeps/sweep/{sweep}.yaml wants {question}'s {arm}; {nearest(arm, known)}")
                there[question, arm] = None
    for arm in arms or ():
        if arm not in {a for _, a in there}:
            raise Refused(f"arm={arm} is not in sweep={','.join(sweeps)}; {nearest(arm, {a for _, a in there})}")
    return [(sweep, arm) for sweep, arm in there if not arms or arm in arms]


@cache
def job(overrides: tuple[str, ...]) -> Job:
    """The run that a list of overrides with sweep=, arm= and seed= makes: what was typed beats the arm."""
    seed = [o for o in parsed(overrides) if o.key_or_group == "seed"]
    run = run_of(tuple(o for o in overrides if not o.startswith("seed=")))
    run = replace(run, seed=whole(seed[-1].value()) if seed else run.seed)
    where = (run.scale, run.sweep, run.arm, run.seed)
    shipped = None if run.place.shipped is None else folder_of(run.place.shipped, *where)
    return Job(tuple(overrides), run, folder_of(run.place.runs, *where), shipped)


@cache
def run_of(overrides: tuple[str, ...]) -> Run:
    """The same for all seeds of an arm."""
    asked = {o.key_or_group: o.value() for o in parsed(overrides)}
    composed = composition(f"sweep={asked['sweep']}", *groups(overrides))
    arm = composed.arms[asked["arm"]]
    place = f"sweeps/sweep/{asked['sweep']}.yaml, arm {asked['arm']}"
    bare = {key: value for key, value in composed.items() if key not in ("arms", "questions")}
    published = OmegaConf.to_object(over(OmegaConf.merge(OmegaConf.structured(Run), bare), arm, place))
    published.sweep, published.arm = asked["sweep"], asked["arm"]
    run = OmegaConf.structured(scaled(published))
    for key, value in asked.items():
        if key not in ("sweep", "arm") and not is_group(key):
            set_typed(run, key, value)
    run = OmegaConf.to_object(run)
    check(run)
    return run


def whole(seed) -> int:
    if not isinstance(seed, int):
        raise Refused(f"seed wants a whole number, came {seed}")
    return seed


def over(config, changes, place: str):
    """`config` with `changes` merged in, typed."""
    try:
        return OmegaConf.merge(config, changes)
    except OmegaConfBaseException as error:
        raise Refused(f"{place}: {of_key(error.full_key, str(error).splitlines()[0])}") from None


def set_typed(config, key: str, value) -> None:
    try:
        OmegaConf.update(config, key, value, merge=True)
    except OmegaConfBaseException as error:
        raise Refused(of_key(key, str(error).splitlines()[0])) from None


@cache
def composition(*overrides: str):
    return compose("run", list(overrides))


def parsed(typed: Sequence[str]):
    return OverridesParser.create().parse_overrides(list(typed))


def values_of(override) -> list:
    if override.is_sweep_override():
        return [value.split("=", 1)[-1] for value in override.sweep_string_iterator()]
    return [override.get_value_element_as_str()]


def is_group(key: str) -> bool:
    return (SWEEPS / key).is_dir()


def groups(typed: Sequence[str]) -> list[str]:
    """Those of `typed` that choose a file, not a value."""
    return [o.input_line for o in parsed(typed) if is_group(o.key_or_group) and o.key_or_group != "sweep"]


def names() -> list[str]:
    return sorted(path.stem for path in (SWEEPS / "sweep").glob("*.yaml") if path.stem != "none")
