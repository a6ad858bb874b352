"""The overrides of a subcommand, checked by one composition: those of its runs, and the launcher they choose."""

from typing import NamedTuple

from omegaconf import DictConfig

from codist.errors import Refused
from launch.compose import composition, is_group, parsed

NAMES_RUNS = ("sweep", "arm", "seed")


class Checked(NamedTuple):
    """What was given to a subcommand."""

    of_runs: list[str]  # the overrides that decide runs
    launcher: DictConfig  # hydra.launcher, as it would train them


def checked(overrides: list[str]) -> Checked:
    """As Hydra checks the overrides of a sweep: one by one, without the values that are swept.

    Raises Refused, and what Hydra raises where an option or a choice is not there.
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
    # the sweep first: without other options this is the very composition that its runs start from
    choices.sort(key=lambda choice: not choice.startswith("sweep="))
    return Checked(of_runs, composition(*choices, *values).launcher)
