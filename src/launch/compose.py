"""Turn overrides into Runs: compose the sweep, apply the arm, scale it, apply the overrides."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf, open_dict

from codist import designs
from codist.config import Run, scaled
from codist.errors import Refused, nearest
from codist.exchange import KINDS
from launch.overlay import over, set_exchange, set_typed

SWEEPS = Path(__file__).parents[2] / "sweeps"
# names of sweeps, arms and scales: they are parts of paths, and Hydra must read arm=<name> as a string
PLAIN = re.compile(r"(?!(?i:true|false|null|nan|inf)$)[A-Za-z][A-Za-z0-9_.-]*")
# options of all kinds of exchange, since Hydra refuses unknown keys; null if no file sets the option
EXCHANGE: dict[str, Any] = {
    name: None for options in KINDS.values() for name in options.__dataclass_fields__
}
EXCHANGE["kind"] = Run().exchange.kind


@dataclass
class Composed(Run):
    """The schema of a sweep's yaml: a Run with its arms, or the sweeps that a figure reads."""

    exchange: dict[str, Any] = field(  # type: ignore[assignment]  # typed by set_exchange
        default_factory=lambda: dict(EXCHANGE)
    )
    seeds: int = designs.SEEDS  # of each arm, unless others are asked for
    arms: dict[str, Any] = field(default_factory=dict)
    designs: list[Any] = field(default_factory=list)  # codist.designs makes arms from them
    questions: dict[str, Any] = field(default_factory=dict)


OF_SWEEP = Composed.__dataclass_fields__.keys() - Run.__dataclass_fields__.keys()


def arms_of(sweeps, arms, others: list[str]) -> list[tuple[str, str]]:
    """Returns the chosen (sweep, arm) pairs; a figure's sweep stands for the sweeps that it reads."""
    there: dict[tuple[str, str], None] = {}
    for sweep in sweeps:
        composed = sweep_of(sweep, others)
        for question, wanted in (composed.questions or {sweep: "all"}).items():
            known = list(sweep_of(question, others).arms)
            if not known:
                raise Refused(
                    f"sweeps/sweep/{question}.yaml has no arms; write arms: {{<name>: {{<changes>}}}}"
                )
            if not wanted:
                raise Refused(
                    f"sweeps/sweep/{sweep}.yaml names no arm of {question}; write all, or a list of them"
                )
            for arm in (
                known if wanted == "all" else [wanted] if isinstance(wanted, str) else wanted
            ):
                if arm not in known:
                    raise Refused(
                        f"sweeps/sweep/{sweep}.yaml: {question} has no arm {arm}; {nearest(arm, known)}"
                    )
                there[question, arm] = None
    for arm in arms or ():
        if arm not in {a for _, a in there}:
            raise Refused(
                f"arm={arm} is not in sweep={','.join(sweeps)}; {nearest(arm, {a for _, a in there})}"
            )
    return [(sweep, arm) for sweep, arm in there if not arms or arm in arms]


def sweep_of(sweep: str, others: list[str]):
    """Compose a sweep's file. Raises Refused if it is missing or a name in it is not plain."""
    if sweep not in names():
        raise Refused(f"sweep={sweep} does not exist; {nearest(sweep, names())}")
    composed = composition(f"sweep={sweep}", *groups(others)).config
    for what, name in (("sweep", sweep), *(("arm", arm) for arm in composed.arms)):
        refuse_name(f"sweeps/sweep/{sweep}.yaml", what, name)
    return composed


def refuse_name(file: str, what: str, name: str) -> None:
    """Raises Refused if `name` cannot be a part of a run folder's path."""
    if not PLAIN.fullmatch(name):
        raise Refused(
            f"{file}: expected a plain name for the {what} (a letter, then letters, digits, '_', '-' or '.'; "
            f"not true, false, null, nan or inf), got {name!r}; rename it"
        )


@cache
def run_of(overrides: tuple[str, ...]) -> Run:
    """Returns the run of overrides with sweep= and arm=, which win over the arm. Ignores the seed."""
    asked = {o.key_or_group: o.value() for o in parsed(overrides)}
    composed = composition(f"sweep={asked['sweep']}", *groups(overrides)).config
    arm = composed.arms[asked["arm"]]
    place = f"sweeps/sweep/{asked['sweep']}.yaml, arm {asked['arm']}"
    bare = {key: value for key, value in composed.items() if key not in OF_SWEEP}
    if not is_dataclass(OmegaConf.get_type(composed, "workload")):
        raise Refused(f"{place}: no workload; a sweep has defaults: [{{/workload: imagenet}}], and a file of "
                      "sweeps/workload # @package _global_ and defaults: [/options@workload: ..., _self_]")  # fmt: skip
    exchange = bare.pop("exchange")
    run = over(OmegaConf.merge(OmegaConf.structured(Run), bare), {}, place)
    set_exchange(run, {key: value for key, value in exchange.items() if value is not None}, place)
    over(run, arm or {}, place)
    scale = str(asked.get("scale", Run.scale))
    refuse_name(f"sweeps/scale/{scale}.yaml", "scale", scale)
    if run.scale != scale:
        raise Refused(f"{place}: expected scale: {scale}, the name of the file in sweeps/scale, got {run.scale}; "
                      f"sweeps/scale/{scale}.yaml alone sets it")  # fmt: skip
    run.sweep, run.arm = asked["sweep"], asked["arm"]
    options = {
        key: value
        for key, value in asked.items()
        if key not in ("sweep", "arm") and not is_group(key)
    }
    for key, value in options.items():
        # scaling options apply before scaling; all other overrides win over the scaled values
        if key.startswith("scaling."):
            set_typed(run, key, value)
            if not OmegaConf.select(run, key) > 0:
                raise Refused(f"{key} must be above 0, got {value}")
    done = scaled(cast(Run, OmegaConf.to_object(run)))
    if options:
        typed = OmegaConf.structured(done)
        for key, value in options.items():
            set_typed(typed, key, value)
        done = cast(Run, OmegaConf.to_object(typed))
    return done


class Composition(NamedTuple):
    """The two parts of Hydra's config that are read."""

    config: DictConfig  # of type Composed
    launcher: DictConfig  # hydra.launcher


@cache
def composition(*overrides: str) -> Composition:
    config = compose("run", list(overrides), return_hydra_config=True)
    launcher = config.hydra.launcher
    with open_dict(config):  # each copy of a part of the config would copy all of Hydra's
        del config["hydra"]
        config.arms = designs.arms(OmegaConf.to_container(config))  # type: ignore[arg-type]
    return Composition(config, launcher)


def parsed(overrides: Sequence[str]):
    """Parse overrides. Raises Refused for a glob, since Hydra does not know the names to match."""
    found = OverridesParser.create().parse_overrides(list(overrides))
    for one in found:
        if isinstance(one.value(), Glob):
            raise Refused(
                f"{one.input_line}: no globs here; name what you want: {one.key_or_group}=<one>,<another>"
            )
    return found


def is_group(key: str) -> bool:
    return (SWEEPS / key).is_dir()


def groups(overrides: Sequence[str]) -> list[str]:
    """Returns the overrides that choose a config file, not a value."""
    return [
        o.input_line
        for o in parsed(overrides)
        if is_group(o.key_or_group) and o.key_or_group != "sweep"
    ]


def names() -> list[str]:
    return sorted(path.stem for path in (SWEEPS / "sweep").glob("*.yaml") if path.stem != "none")


@cache
def names_at(scale: str) -> tuple[str, ...]:
    """Returns the sweeps with arms that `scale` has data for, by sweeps/workload/<data>/<scale>.yaml."""
    found = []
    for sweep in names():
        written = yaml.safe_load((SWEEPS / "sweep" / f"{sweep}.yaml").read_text())
        if "questions" not in written or written.keys() & {"arms", "designs"}:  # else 3 s in vain
            with suppress(MissingConfigException):
                if sweep_of(sweep, [f"scale={scale}"]).arms:
                    found.append(sweep)
    return tuple(found)


def scales() -> list[str]:
    return sorted(path.stem for path in (SWEEPS / "scale").glob("*.yaml"))
