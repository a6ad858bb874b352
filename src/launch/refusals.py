"""Hydra's errors, said in one line with the nearest right word."""

import errno
import os
import re
import sys
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

import yaml
from hydra.errors import OverrideParseException
from yaml import MarkedYAMLError

from codist.errors import nearest, one_line
from launch.words import COMMANDS

SWEEPS, SLURM = (Path(__file__).parents[2] / part for part in ("sweeps", "slurm"))
FULL = (errno.ENOSPC, errno.EDQUOT)
OF_THE_DISK = {
    **dict.fromkeys(FULL, "free some, and the same command goes on"),
    **dict.fromkeys((errno.EROFS, errno.EACCES, errno.EPERM), "make it writable, or choose another place.runs"),
    errno.ENOTDIR: "move what stands there away, or choose another place.runs",
}
PACKAGE = "# @package _global_"
PARTS = {"arms": "{<name>: {<changes>}}", "questions": "{<sweep>: all, or a list of its arms}"}  # of a sweep's file


def leave(line: str) -> NoReturn:
    print(f"run.py: {line}", file=sys.stderr)
    sys.exit(2)


def of_the_disk(error: OSError, folder: Path | None = None) -> str:
    """folder: what was being written; a full disk does not say where."""
    where = error.filename or (folder if error.errno in OF_THE_DISK else None)
    if not where:
        return one_line(error)
    advice = f"; {OF_THE_DISK[error.errno]}" if error.errno in OF_THE_DISK else ""
    return f"{where}: {error.strerror}{advice}"


def in_one_line(error: Exception) -> str:
    text = str(error)
    if getattr(error, "options", None) and (missing := re.search(r"Could not find '(.*?)/([^/']*)'", text)):
        group, word = missing.groups()
        if group == "options":
            return f"src/workloads has no workload {word}; {nearest(word, error.options)}"
        return f"{group}={word} is not there; {nearest(word, set(error.options) - {'none'})}"
    if isinstance(error, OverrideParseException):
        if error.override in COMMANDS:
            return f"{error.override} goes first, without -m: python src/run.py {error.override} sweep=..."
        if "=" not in error.override:
            return f"{error.override} is neither <option>=<value> nor a command; {nearest(error.override, COMMANDS)}"
        return f"cannot read {error.override}: {text.splitlines()[0]}"
    if inside := re.match(r"In '(.*?)': .*\n(.*)\n +full_key: ?(.*)", text):
        return of_file(*inside.groups())
    if wrong := re.search(r"Could not override 'hydra\.launcher\.([^']*)'", text):
        return of_launcher(wrong[1])
    if wrong := re.search(r"Could not override '(hydra\.sweeper\.[^']*)'", text):
        return f"{wrong[1]} is no option; repeat alone has any: hydra.sweeper.runs and hydra.sweeper.pick"
    if wrong := re.search(r"Could not override '([^']*)'", text):
        return of_key(wrong[1], of_workload(re.search(r"not in '(\w+)'", str(error.__cause__))))
    if key := getattr(error.__cause__, "full_key", None):
        return of_key(key, str(error.__cause__).splitlines()[0])
    if ambiguous := re.search(r"Ambiguous value for argument '([^']*)'", text):
        return f"{ambiguous[1]} names several runs; put -m before it to run them all"
    return text.splitlines()[0]


def of_workload(named: re.Match | None) -> str:
    """Why an option that there is cannot be set; named: the options in which OmegaConf did not find it."""
    from workloads import options_by_name

    for name, options in options_by_name().items():
        if named and options.__name__ == named[1]:
            there = ", ".join(f"workload.{field.name}" for field in fields(options) if field.name != "name")
            return f"this sweep's data is {name}, which has {there}"
    return "a figure has no data of its own; set it for one of the sweeps that its yaml in sweeps/sweep names"


def of_file(name: str, said: str, key: str) -> str:
    """What is wrong in a file of sweeps/; said: OmegaConf's word on it."""
    path = SWEEPS / f"{name}.yaml"
    if not (text := path.read_text()).startswith(PACKAGE):
        return f"sweeps/{name}.yaml must begin with the line {PACKAGE}"
    for part, wanted in PARTS.items():
        if not isinstance(came := yaml.safe_load(text).get(part) or {}, dict):
            return f"sweeps/{name}.yaml: {part} must be {wanted}, came {came}"
        if key.startswith(f"{part}."):
            said = f"{key.removeprefix(part + '.')} in {part} is a yes, a no or a number to YAML"
            return f"sweeps/{name}.yaml: {said}; write it in quotes, or choose another name"
    return f"sweeps/{name}.yaml: {of_key(key, said) if key else said}"


def of_launcher(key: str) -> str:
    from launch.slurm import Settings  # here, since it leads back to this file

    known, slurm = [field.name for field in fields(Settings)], [path.stem for path in SLURM.glob("*.yaml")]
    if key in known:
        return f"hydra.launcher.{key} is for Slurm; choose a launcher too: hydra/launcher=<one of {', '.join(slurm)}>"
    return f"hydra.launcher.{key} is no option; {nearest(key, known)}"


def of_yaml(error: MarkedYAMLError) -> str:
    mark = error.problem_mark
    return f"{os.path.relpath(mark.name)}, line {mark.line + 1}: {error.problem}"


def of_key(key: str, said: str) -> str:
    """What is wrong with an override of `key`; said: OmegaConf's word on its value."""
    key, known = key.split("[")[0], keys()
    if key not in known and not key.startswith("hydra."):  # which Hydra has found
        above = key.rpartition(".")[0]
        near = [k for k in known if k.rpartition(".")[0] == (above if above in known else "")]
        return f"{key} is no option; {nearest(key, near)}" if near else f"{key} is no option: {above} has no parts"
    if parts := [k for k in known if k.startswith(key + ".")]:
        return f"{key} has parts; set one of {', '.join(parts)}"
    if "is not a ListConfig" in said:
        return f"{key} wants a list: {key}=[...]"
    for kind, wanted in (("Integer", "a whole number"), ("Float", "a number"), ("Boolean", "true or false")):
        if f"could not be converted to {kind}" in said:
            return f"{key} wants {wanted}, came {said.split(chr(39))[1]}"
    return f"{key}: {said}"


def keys() -> list[str]:
    """Every option, a.b.c, those of all workloads and kinds of exchange among them."""
    from omegaconf import OmegaConf

    from codist.config import Run
    from codist.exchange import KINDS
    from workloads import options_by_name

    runs = [Run(workload=options()) for options in options_by_name().values()]
    runs += [Run(exchange=options()) for options in KINDS.values()]
    found = {}
    for run in runs:
        found |= dict.fromkeys(below(OmegaConf.structured(run)))
    return list(found)


def below(config, above: str = "") -> list[str]:
    found = []
    for key in config:
        found.append(above + key)
        if type(config._get_node(key)).__name__ == "DictConfig":
            found += below(config[key], f"{above}{key}.")
    return found
