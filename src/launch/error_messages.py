"""Turn errors of Hydra, OmegaConf and yaml into one line that suggests the nearest valid name."""

import os
import re
from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import get_args

import yaml
from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import BooleanNode, FloatNode, IntegerNode, ListConfig, OmegaConf, UnionNode
from omegaconf.errors import (
    ConfigAttributeError,
    ConfigKeyError,
    InterpolationResolutionError,
    OmegaConfBaseException,
    ValidationError,
)
from yaml import MarkedYAMLError

from codist.config import Run
from codist.errors import nearest
from codist.exchange import KINDS
from launch.nodes import Settings, launchers
from workloads import options_by_name

SWEEPS = Path(__file__).parents[2] / "sweeps"
PACKAGE = "# @package _global_"
# the parts of a sweep's file and their form
PARTS = {"arms": "{<name>: {<changes>}}", "questions": "{<sweep>: all, or a list of its arms}"}
TYPES = {
    **dict.fromkeys((int, IntegerNode), "a whole number"),
    **dict.fromkeys((float, FloatNode, UnionNode), "a number"),
    **dict.fromkeys((bool, BooleanNode), "true or false"),
}


def hydra_error(error: HydraException | OmegaConfBaseException, commands: Collection[str]) -> str:
    """Returns one line for an error of Hydra or OmegaConf. commands: the known subcommands."""
    text = str(error).partition("\n")[0]
    if isinstance(error, MissingConfigException) and error.options and error.missing_cfg_file:
        return missing_choice(error.missing_cfg_file, error.options)
    if isinstance(error, OverrideParseException):
        if error.override in commands:
            return f"{error.override} goes first, without -m: python src/run.py {error.override} sweep=..."
        if "=" not in error.override:
            return f"{error.override} is neither <option>=<value> nor a command; {nearest(error.override, commands)}"
        return f"cannot read {error.override}: {text}"
    cause = error.__cause__ or error.__context__
    # the file is only in the text, not in an attribute
    if isinstance(cause, OmegaConfBaseException) and (file := re.match(r"In '(.*?)': ", text)):
        return file_error(file[1], cause)
    if isinstance(cause, OmegaConfBaseException):
        return option_error(cause)
    return text


def missing_choice(file: str, options: Collection[str]) -> str:
    """Returns the line for a missing config file.

    file: its group and name; options: those that exist.
    """
    group, _, name = file.rpartition("/")
    if group == "options":
        return f"src/workloads has no workload {name}; {nearest(name, options)}"
    if group.startswith("workload/"):  # its file is chosen by the scale
        workload = group.removeprefix("workload/")
        return f"scale={name} has no data for workload {workload}; choose scale={' or scale='.join(sorted(options))}"
    return f"{group}={name} does not exist; {nearest(name, set(options) - {'none'})}"


def file_error(name: str, error: OmegaConfBaseException) -> str:
    """Returns the line for an error in a file of sweeps/."""
    path = SWEEPS / f"{name}.yaml"
    if not (text := path.read_text()).startswith(PACKAGE):
        return f"sweeps/{name}.yaml must begin with the line {PACKAGE}"
    key = error.full_key or ""
    for part, expected in PARTS.items():
        if not isinstance(got := yaml.safe_load(text).get(part) or {}, dict):
            return f"sweeps/{name}.yaml: {part} must be {expected}, got {got}"
        if key.startswith(f"{part}."):
            wrong = f"{key.removeprefix(part + '.')} in {part} is a yes, a no or a number to YAML"
            return f"sweeps/{name}.yaml: {wrong}; write it in quotes, or choose another name"
    return f"sweeps/{name}.yaml: {option_error(error)}"


def option_error(error: OmegaConfBaseException, key: str = "") -> str:
    """Returns the line for an error in an option. key: that option, if the error has none."""
    key = (error.full_key or key).split("[")[0]
    absent = isinstance(error, ConfigAttributeError | ConfigKeyError)
    text = str(error).partition("\n")[0]
    if not key:
        return text
    if key.startswith("hydra."):
        if absent:
            return (
                launcher_error(key) if key.startswith("hydra.launcher.") else f"{key} is no option"
            )
    elif key not in (known := options()):
        above = key.rpartition(".")[0]
        near = [k for k in known if k.rpartition(".")[0] == (above if above in known else "")]
        return (
            f"{key} is no option; {nearest(key, near)}"
            if near
            else f"{key} is no option: {above} has no parts"
        )
    elif parts := [k for k in known if k.startswith(key + ".")]:
        return f"{key} has parts; set one of {', '.join(parts)}"
    elif absent:
        return f"{key}: {workload_error(error.object_type)}"
    if expected := expected_type(error):
        return f"{key}: expected {expected}, got {'null' if error.value is None else error.value}"
    return f"{key}: {text}"


def expected_type(error: OmegaConfBaseException) -> str:
    """Returns the expected type as text; "" if the error is not about a value's type."""
    if not isinstance(error, ValidationError) or isinstance(error, InterpolationResolutionError):
        return ""
    if isinstance(error.child_node, ListConfig):
        return f"a list, {error.full_key}=[...]"
    if isinstance(error.parent_node, ListConfig):  # its element; ref_type is list[<its type>]
        return TYPES.get(next(iter(get_args(error.ref_type)), object), "")
    return TYPES.get(type(error.child_node), "")


def workload_error(options_there: type | None) -> str:
    """Returns why an option is not in this workload.

    options_there: the options class of the workload.
    """
    for name, options_class in options_by_name().items():
        if options_class is options_there:
            there = ", ".join(
                f"workload.{field.name}" for field in fields(options_class) if field.name != "name"
            )
            return f"this sweep's workload is {name}, which has {there}"
    return "a figure has no workload of its own; set this option for one of the sweeps that the figure's yaml names"


def launcher_error(key: str) -> str:
    known, name = [field.name for field in fields(Settings)], key.removeprefix("hydra.launcher.")
    if name in known:
        return f"{key} is for Slurm; also choose a launcher: hydra/launcher=<one of {', '.join(launchers())}>"
    return f"{key} is no option; {nearest(name, known)}"


def yaml_error(error: MarkedYAMLError) -> str:
    mark = error.problem_mark
    if mark is None:
        return str(error)
    return f"{os.path.relpath(mark.name)}, line {mark.line + 1}: {error.problem}"


def options() -> list[str]:
    """Returns every option as a.b.c, including those of all workloads and exchanges."""
    found: dict[str, None] = {}
    runs = [Run(workload=options()) for options in options_by_name().values()]
    runs += [Run(exchange=options()) for options in KINDS.values()]
    for run in runs:
        found |= dict.fromkeys(below(OmegaConf.structured(run)))
    return list(found)


def below(config, above: str = "") -> list[str]:
    found = []
    for key in config:
        found.append(above + key)
        if OmegaConf.is_dict(config[key]):
            found += below(config[key], f"{above}{key}.")
    return found
