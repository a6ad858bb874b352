"""The subcommands of the command line, run with Hydra ready to compose."""

from hydra import initialize_config_dir

from launch import jobs, local, plan, repeat, replay, settings, status, sweep, verify
from launch.compose import SWEEPS

COMMANDS = {
    "plan": plan.show,
    "status": status.show,
    "verify": verify.show,
    "repeat": repeat.show,
    "replay": replay.show,
    "settings": settings.show,
}


def run(name: str, overrides: list[str]) -> None:
    """Run subcommand `name`. Raises Refused, or Hydra's error if it cannot compose."""
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        COMMANDS[name](overrides)


def show_config(overrides: list[str]) -> None:
    """Run `--cfg job` for an arm: Hydra's own would print the config without the arm's options."""
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        settings.show_config(overrides)


def train(overrides: list[str]) -> None:
    """Train one run in this process. hydra.main would compose its config twice, without the arm.

    Models that are trained apart get a process each, unless place.group names one.
    """
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        job = jobs.single(overrides)
        if len(job.parts) == 1:
            local.here(job)
        else:
            sweep.carry_out([job], local.Processes(), overrides)
