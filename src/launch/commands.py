"""The subcommands: what each is called on the command line, and Hydra made ready to compose for it."""

from hydra import initialize_config_dir

from launch import plan, repeat, settings, status, verify
from launch.compose import SWEEPS

COMMANDS = {
    "plan": plan.show,
    "status": status.show,
    "verify": verify.show,
    "repeat": repeat.show,
    "settings": settings.show,
}


def run(name: str, overrides: list[str]) -> None:
    """Raises Refused, and what Hydra raises where it cannot compose."""
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        COMMANDS[name](overrides)


def show_config(overrides: list[str]) -> None:
    """`--cfg job` where an arm is named: Hydra's own would show the config without the arm's options."""
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        settings.show_config(overrides)
