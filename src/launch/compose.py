"""Compose the sweeps' files by Hydra, and list their arms."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, cast

from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Glob, Override, OverrideType, ValueType
from hydra.errors import MissingConfigException
from omegaconf import DictConfig, OmegaConf, open_dict

from codist import designs
from codist.config import Run
from codist.errors import Refused, nearest
from codist.exchange import KINDS
from launch.error_messages import PACKAGE

SWEEPS = Path(__file__).parents[2] / "sweeps"
# names of sweeps, arms and scales: they are parts of paths, and Hydra must read arm=<name> as a string
PLAIN = re.compile(r"(?!(?i:true|false|null|nan|inf)$)[A-Za-z][A-Za-z0-9_.-]*")
# what the overrides of every job of a sweep begin with
OF_A_RUN = re.compile(rf"(sweep|arm|seed)=(?:({PLAIN.pattern})|([1-9]\d*))")
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
        for question, wanted in (questions_of(sweep, others) or {sweep: "all"}).items():
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


def questions_of(sweep: str, others: list[str]) -> Mapping[str, Any]:
    """Returns the arms, by sweep, that a figure's file asks for; {} for a sweep with arms of its own."""
    written = file_of(sweep)
    alone = written.keys() == {"questions"} and isinstance(written["questions"], dict)
    if alone and path_of(sweep).read_text().startswith(PACKAGE):
        return written["questions"]  # nothing is left for Hydra to compose
    return sweep_of(sweep, others).questions


@cache
def file_of(sweep: str) -> Mapping[str, Any]:
    """Returns a sweep's file as it is written. Raises Refused if it is missing."""
    if sweep not in names():
        raise Refused(f"sweep={sweep} does not exist; {nearest(sweep, names())}")
    # not yaml.safe_load, which accepts a key twice
    written = OmegaConf.to_container(OmegaConf.load(path_of(sweep)))
    return cast(Mapping[str, Any], written) if isinstance(written, dict) else {}


def path_of(sweep: str) -> Path:
    return SWEEPS / "sweep" / f"{sweep}.yaml"


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
        if config.designs:
            config.arms = designs.arms(OmegaConf.to_container(config))  # type: ignore[arg-type]
    return Composition(config, launcher)


def parsed(overrides: Sequence[str]):
    """Parse overrides. Raises Refused for a glob, since Hydra does not know the names to match."""
    return [parsed_one(override) for override in overrides]


@cache
def parsed_one(override: str) -> Override:
    if plain := OF_A_RUN.fullmatch(override):  # Hydra's parser would return the same in 1 ms
        key, name, number = plain.groups()
        value = name or int(number)
        return Override(OverrideType.CHANGE, key, ValueType.ELEMENT, value, input_line=override)
    (one,) = OverridesParser.create().parse_overrides([override])
    if isinstance(one.value(), Glob):
        raise Refused(
            f"{one.input_line}: no globs here; name what you want: {one.key_or_group}=<one>,<another>"
        )
    return one


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
        written = file_of(sweep)
        if "questions" not in written or written.keys() & {"arms", "designs"}:  # else 3 s in vain
            with suppress(MissingConfigException):
                if sweep_of(sweep, [f"scale={scale}"]).arms:
                    found.append(sweep)
    return tuple(found)


def scales() -> list[str]:
    return sorted(path.stem for path in (SWEEPS / "scale").glob("*.yaml"))
