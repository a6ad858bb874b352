"""The subcommands of the command line, run with Hydra ready to compose."""

from hydra import initialize_config_dir

from launch import jobs, local, plan, repeat, settings, status, verify
from launch.compose import SWEEPS

COMMANDS = {
    "plan": plan.show,
    "status": status.show,
    "verify": verify.show,
    "repeat": repeat.show,
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
    """Train one run in this process. hydra.main would compose its config twice, without the arm."""
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        local.here(jobs.single(overrides))
