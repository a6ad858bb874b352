"""The subcommands of the command line, run with Hydra ready to compose."""

import atexit
import gc
from importlib import import_module

from hydra import initialize_config_dir

from launch.compose import SWEEPS

# each is a module of launch/ with show(overrides); only the one that is asked for is imported
COMMANDS = ("plan", "which", "status", "verify", "repeat", "replay", "settings")
SHORT = ("plan", "which", "status")  # these end within seconds, and need little memory


def run(name: str, overrides: list[str]) -> None:
    """Run subcommand `name`. Raises Refused, or Hydra's error if it cannot compose."""
    if name in SHORT:  # an eighth of their CPU time is the search for garbage, also at the exit
        gc.disable()
        atexit.register(gc.freeze)
    command = import_module(f"launch.{name}")
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        command.show(overrides)


def show_config(overrides: list[str]) -> None:
    """Run `--cfg job` for an arm: Hydra's own would print the config without the arm's options."""
    from launch import settings

    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        settings.show_config(overrides)


def train(overrides: list[str]) -> None:
    """Train one run in this process. hydra.main would compose its config twice, without the arm.

    Models that are trained apart get a process each, unless place.group names one; so do ranks that fail.
    """
    from launch import jobs, local, sweep

    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        job = jobs.single(overrides)
        if len(job.parts) == 1 and not job.run.place.failures.update:
            local.here(job)
        else:
            sweep.carry_out([job], local.Processes(), overrides)
