"""Check the overrides of a subcommand by one composition; split off the launcher they choose."""

from typing import NamedTuple

from omegaconf import DictConfig

from codist.errors import Refused
from launch.compose import composition, is_group, parsed, questions_of

NAMES_RUNS = ("sweep", "arm", "seed")


class Checked(NamedTuple):
    """The checked overrides of a subcommand."""

    of_runs: list[str]  # the overrides that determine runs
    launcher: DictConfig  # the config hydra.launcher


def checked(overrides: list[str]) -> Checked:
    """Check overrides as Hydra checks those of a sweep: one by one, without swept values.

    Raises Refused, or Hydra's error if an option or a choice does not exist.
    """
    of_runs: list[str] = []
    choices: list[str] = []
    values: list[str] = []
    for one in parsed(overrides):
        if one.is_hydra_override() and one.is_sweep_override():
            raise Refused(
                f"{one.input_line}: expected one choice; only options of runs can be swept"
            )
        if not one.is_hydra_override():
            of_runs.append(one.input_line)
        if one.is_sweep_override() or one.key_or_group in NAMES_RUNS[1:]:
            continue  # launch.jobs checks these
        chosen = one.key_or_group == "sweep" or is_group(one.key_or_group)
        (choices if chosen else values).append(one.input_line)
    # the sweep first: without other options its runs reuse this cached composition
    choices.sort(key=lambda choice: not choice.startswith("sweep="))
    if choices and choices[0].startswith("sweep=") and not values:
        # nor is a figure's file composed, if it has only the names of sweeps and arms
        name = choices[0].removeprefix("sweep=")
        first = next(iter(questions_of(name, choices[1:])), name)
        choices[0] = f"sweep={first}"
    return Checked(of_runs, composition(*choices, *values).launcher)
