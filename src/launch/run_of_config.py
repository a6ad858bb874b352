"""A Run from the config.yaml of its folder, for commands that are given a folder in place of a sweep."""

from typing import Any, cast

from omegaconf import OmegaConf

from codist.check import check
from codist.config import Run
from codist.errors import Refused, nearest
from launch.overlay import over, set_exchange
from workloads import options_by_name


def run_of_config(config: dict) -> Run:
    """The run that a resolved config describes. Raises Refused if it is not one of this version."""
    kept = {key: value for key, value in config.items() if key not in ("workload", "exchange")}
    of_workload = dict(config["workload"])
    name = of_workload.get("name")
    if name not in options_by_name():
        raise Refused(
            f"config.yaml: workload {name} is not known; {nearest(str(name), options_by_name())}"
        )
    typed: Any = OmegaConf.structured(Run)
    typed.workload = OmegaConf.structured(options_by_name()[name])
    over(typed, kept | {"workload": of_workload}, "config.yaml")
    set_exchange(typed, config["exchange"], "config.yaml")
    run = cast(Run, OmegaConf.to_object(typed))
    check(run)
    return run
