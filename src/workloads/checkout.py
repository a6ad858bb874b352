"""Default paths of commands: those of the checkout, wherever a command is started. Needs no torch."""

from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]


def in_checkout(path: str) -> Path:
    """Returns `path` of the checkout: relative if it is below the current folder, else absolute."""
    there, here = CHECKOUT / path, Path.cwd()
    return there.relative_to(here) if there.is_relative_to(here) else there


def add_data(parser) -> None:
    """Add --data to an argparse parser; typed, it is relative to the current folder, as in the shell."""
    parser.add_argument(
        "--data",
        type=Path,
        default=in_checkout("data"),
        help="the folder of place.data (default: data/ in the checkout)",
    )
