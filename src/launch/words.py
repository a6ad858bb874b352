"""The words of the command line before Hydra reads them: our commands, and flags of Hydra's that would mislead."""

from hydra._internal.utils import get_args_parser

from codist.errors import Refused

COMMANDS = ("plan", "status", "verify", "repeat", "settings")
DASHED = ("--sweep", "--arm", "--seed", "--scale")
FILES = ("hydra.launcher=", "hydra.sweeper=")  # a file's name, where Hydra would take it for all that is in the file
COMPLETION = ("install=", "uninstall=", "query=")


def for_hydra(words: list[str]) -> list[str]:
    """What Hydra is to read instead of `words`. Raises Refused."""
    if dashed := [word for word in words if word.startswith(DASHED)]:
        raise Refused(f"options have no dashes here: write {dashed[0].lstrip('-')}")
    for word in words:
        if (bare := word.lstrip("+")).startswith(FILES):
            raise Refused(f"{word} has a dot for a slash: write {bare.replace('.', '/', 1)}")
    if words and words[0] in COMMANDS:
        if {"-m", "--multirun"} & set(words):
            raise Refused(f"{words[0]} goes without -m: python src/run.py {words[0]} sweep=...")
        words = ["-m", f"hydra/sweeper={words[0]}", *words[1:]]
    parser = get_args_parser()
    parser.error = refuse  # where argparse would print all flags there are
    asked = parser.parse_args(words)
    if asked.shell_completion and not any(word.startswith(COMPLETION) for word in asked.overrides):
        raise Refused(f"--shell-completion wants one of {', '.join(f'{word}<shell>' for word in COMPLETION)}")
    refuse_twice(asked.overrides)
    of_arm = any(word.startswith("arm=") for word in asked.overrides)
    if not of_arm or asked.cfg not in ("job", "all") or asked.multirun or asked.run:
        return words
    if asked.cfg == "all" or asked.package:  # Hydra's own would show the config without the arm's options
        which = "--package" if asked.package else "--cfg all"
        raise Refused(f"{which} knows no arm's options; write --cfg job for all of its config, or leave out arm=")
    files = ("config_path", "config_name", "config_dir")
    kept = [f"--{flag.replace('_', '-')}={value}" for flag in files if (value := getattr(asked, flag))]
    return ["-m", "hydra/sweeper=config", *kept, *asked.overrides]


def refuse_twice(overrides: list[str]) -> None:
    """Raises Refused where an option is given twice, of which Hydra takes the last."""
    given = {}
    for override in overrides:
        key, _, value = override.lstrip("+~").partition("=")
        if key in given:
            first, before = given[key]
            both = "" if "/" in key or before == value else f"write {key}={before},{value} for both, or "
            raise Refused(f"{key} is given twice, {first} and {override}; {both}leave one out")
        given[key] = (override, value)


def refuse(message: str) -> None:
    """message: argparse's word on flags."""
    if message.startswith("unrecognized arguments: "):
        message += "; flags go before all options or after them, --help names those there are"
    raise Refused(message)
