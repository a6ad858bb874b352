"""Check the command line before Hydra reads it: misleading flags and spellings are refused."""

from argparse import Namespace

from hydra._internal.utils import get_args_parser  # Hydra has no public parser of its flags

from codist.errors import Refused

DASHED = ("--sweep", "--arm", "--seed", "--scale")
# with a dot Hydra takes the file's name as the value of the whole group
FILES = ("hydra.launcher=", "hydra.sweeper=")
COMPLETION = ("install=", "uninstall=", "query=")
CONFIG_FILES = ("config_path", "config_name", "config_dir")


def for_command(name: str, arguments: list[str]) -> list[str]:
    """Returns the overrides of a subcommand. Raises Refused if there is anything else."""
    refuse_spelling(arguments)
    if {"-m", "--multirun"} & set(arguments):
        raise Refused(f"{name} goes without -m: python src/run.py {name} sweep=...")
    if flags := [argument for argument in arguments if argument.startswith("-")]:
        raise Refused(
            f"{name} takes no flags, got {flags[0]}; write <option>=<value>, or --help alone"
        )
    refuse_twice(arguments)
    return arguments


def for_hydra(arguments: list[str]) -> Namespace:
    """Returns the flags and overrides of a run or a sweep, parsed by Hydra's parser.

    Raises Refused.
    """
    refuse_spelling(arguments)
    parser = get_args_parser()
    # argparse would print every flag
    setattr(parser, "error", refuse_flags)  # noqa: B010  # mypy: a method
    asked = parser.parse_args(arguments)
    if asked.shell_completion and not any(
        argument.startswith(COMPLETION) for argument in asked.overrides
    ):
        raise Refused(
            f"--shell-completion wants one of {', '.join(f'{action}<shell>' for action in COMPLETION)}"
        )
    refuse_twice(asked.overrides)
    return asked


def shows_an_arm(asked: Namespace) -> bool:
    """True if --cfg asks for the config of one arm, which Hydra cannot compose.

    Raises Refused if another flag makes that impossible.
    """
    of_arm = any(argument.startswith("arm=") for argument in asked.overrides)
    if not of_arm or asked.cfg not in ("job", "all") or asked.multirun or asked.run:
        return False
    # Hydra would print the config without the arm's options
    if asked.cfg == "all" or asked.package:
        which = "--package" if asked.package else "--cfg all"
        raise Refused(
            f"{which} knows no arm's options; write --cfg job for all of its config, or leave out arm="
        )
    if given := [flag for flag in CONFIG_FILES if getattr(asked, flag)]:
        flag = given[0].replace("_", "-")
        raise Refused(f"--{flag} does not go with --cfg job of an arm; leave one of them out")
    return True


def refuse_spelling(arguments: list[str]) -> None:
    """Raises Refused if an option has dashes, or a dot where Hydra expects a slash."""
    if dashed := [argument for argument in arguments if argument.startswith(DASHED)]:
        raise Refused(f"options have no dashes here: write {dashed[0].lstrip('-')}")
    for argument in arguments:
        if (bare := argument.lstrip("+")).startswith(FILES):
            raise Refused(f"{argument} has a dot for a slash: write {bare.replace('.', '/', 1)}")


def refuse_twice(overrides: list[str]) -> None:
    """Raises Refused if an option is given twice; Hydra would use the last without notice."""
    given: dict[str, tuple[str, str]] = {}
    for override in overrides:
        key, _, value = override.lstrip("+~").partition("=")
        if key in given:
            first, before = given[key]
            both = (
                ""
                if "/" in key or before == value
                else f"write {key}={before},{value} for both, or "
            )
            raise Refused(f"{key} is given twice, {first} and {override}; {both}leave one out")
        given[key] = (override, value)


def refuse_flags(message: str) -> None:
    """Raises Refused with the error `message` of argparse."""
    if message.startswith("unrecognized arguments: "):
        message += "; flags go before all options or after them, --help names those there are"
    raise Refused(message)
