"""Turn overrides into the Run of an arm: its sweep's options, its own, scaling, then the overrides."""

from copy import deepcopy
from dataclasses import is_dataclass
from functools import cache
from typing import cast

from omegaconf import DictConfig, OmegaConf

from codist.config import Run
from codist.errors import Refused
from codist.scaling import scaled
from launch.compose import OF_SWEEP, composition, groups, is_group, parsed, refuse_name
from launch.overlay import over, set_exchange, set_typed


@cache
def run_of(overrides: tuple[str, ...]) -> Run:
    """Returns the run of overrides with sweep= and arm=, which win over the arm. Ignores the seed."""
    asked = {o.key_or_group: o.value() for o in parsed(overrides)}
    sweep, arm, chosen = asked["sweep"], asked["arm"], groups(overrides)
    place = f"sweeps/sweep/{sweep}.yaml, arm {arm}"
    changes = composition(f"sweep={sweep}", *chosen).config.arms[arm]
    run = over(deepcopy(shared(sweep, *chosen)), changes or {}, place)
    scale = str(asked.get("scale", Run.scale))
    refuse_name(f"sweeps/scale/{scale}.yaml", "scale", scale)
    if run.scale != scale:
        raise Refused(f"{place}: expected scale: {scale}, the name of the file in sweeps/scale, got {run.scale}; "
                      f"sweeps/scale/{scale}.yaml alone sets it")  # fmt: skip
    run.sweep, run.arm = sweep, arm
    options = {
        key: value
        for key, value in asked.items()
        if key not in ("sweep", "arm") and not is_group(key)
    }
    for key, value in options.items():
        # scaling options apply before scaling; all other overrides win over the scaled values
        if key.startswith("scaling."):
            set_typed(run, key, value)
            if not OmegaConf.select(run, key) > 0:
                raise Refused(f"{key} must be above 0, got {value}")
    done = scaled(cast(Run, OmegaConf.to_object(run)))
    if options:
        typed = OmegaConf.structured(done)
        for key, value in options.items():
            set_typed(typed, key, value)
        done = cast(Run, OmegaConf.to_object(typed))
    return done


@cache
def shared(sweep: str, *chosen: str) -> DictConfig:
    """The options that all arms of a sweep share, of type Run. Change a copy of it.

    chosen: overrides that choose config files.
    """
    place = f"sweeps/sweep/{sweep}.yaml"
    composed = composition(f"sweep={sweep}", *chosen).config
    if not is_dataclass(OmegaConf.get_type(composed, "workload")):
        raise Refused(f"{place}: no workload; a sweep has defaults: [{{/workload: imagenet}}], and a file of "
                      "sweeps/workload # @package _global_ and defaults: [/options@workload: ..., _self_]")  # fmt: skip
    bare = {key: value for key, value in composed.items() if key not in OF_SWEEP}
    exchange = bare.pop("exchange")
    run = cast(DictConfig, OmegaConf.merge(typed_run(), bare))
    set_exchange(run, {key: value for key, value in exchange.items() if value is not None}, place)
    return run


@cache
def typed_run() -> DictConfig:
    """The default options of a Run, typed, to be merged with others: that copies them."""
    return OmegaConf.structured(Run)
