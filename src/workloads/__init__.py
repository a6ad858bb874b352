"""The workloads, one package each: torch-free options.py for plans, and data.py for training.

A package with an options.py is a workload, named after its folder. images/ and text/ hold code that
several workloads share.
"""

from functools import cache
from importlib import import_module
from pathlib import Path

from codist.errors import Refused

HOME = Path(__file__).parent


@cache
def options_by_name() -> dict[str, type]:
    """The options class of each workload; its fields are the schema of `workload:` in yaml.

    Raises Refused if a package is incomplete.
    """
    packages = sorted(path.parent.name for path in HOME.glob("*/options.py"))
    return {package: options_of(package) for package in packages}


def options_of(package: str) -> type:
    if not (HOME / package / "data.py").is_file():
        raise Refused(
            f"src/workloads/{package} has options.py and no data.py; add it, with open(options, data)"
        )
    module = import_module(f"workloads.{package}.options")
    for one in vars(module).values():
        if (
            isinstance(one, type)
            and one.__module__ == module.__name__
            and getattr(one, "name", None) == package
        ):
            return one
    raise Refused(
        f"src/workloads/{package}/options.py: expected a dataclass with name: str = {package!r}, the name of "
        "its folder, got none; add it"
    )


def open(options, data: str):
    """The codist.workload.Workload of `options`, with its files in the folder `data`. Imports torch."""
    return import_module(f"workloads.{options.name}.data").open(options, data)
