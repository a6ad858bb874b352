"""Apply changes to a typed config: those of an arm, and single overrides."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from codist.errors import Refused
from codist.exchange import options_class, refuse_unknown
from launch.error_messages import option_error


def over(config, changes, place: str):
    """Merge `changes` into the typed `config` and return it.

    place: their origin, for error messages.
    """
    if not isinstance(changes, Mapping):
        raise Refused(f"{place} must be {{<changes>}}, got {changes}")
    for key, value in changes.items():  # one by one: an error does not always name its key
        if key == "exchange":
            set_exchange(config, value, place)
            continue
        try:
            config.merge_with({key: value})
        except OmegaConfBaseException as error:
            raise Refused(f"{place}: {option_error(error, key)}") from None
    return config


def set_exchange(config, changes, place: str = "") -> None:
    """Apply `changes` to the exchange.

    If its kind changes, options that both kinds have are kept.
    """
    if not isinstance(changes, Mapping):
        raise Refused(
            f"{place or 'exchange'}: expected exchange: {{kind: <kind>, <options>}}, got {changes}"
        )
    before: Any = OmegaConf.to_container(config.exchange)
    changes = {str(key): value for key, value in changes.items()}
    kind = changes.pop("kind", before["kind"])
    options = options_class(kind)
    # so that errors name exchange.<key>
    fresh = OmegaConf.create({"exchange": OmegaConf.structured(options)})
    kept = {key: value for key, value in before.items() if key in fresh.exchange and key != "kind"}
    for key, value in (kept | changes).items():
        refuse_unknown(options, key)
        try:
            OmegaConf.update(fresh, f"exchange.{key}", value)
        except OmegaConfBaseException as error:
            message = option_error(error, f"exchange.{key}")
            raise Refused(f"{place}: {message}" if place else message) from None
    config.exchange = fresh.exchange


def set_typed(config, key: str, value) -> None:
    """Set one option by its override key.

    Raises Refused if there is none or its value is invalid.
    """
    if key == "workload.name":
        raise Refused(
            "workload.name follows from the workload; choose another with workload=<one of sweeps/workload>"
        )
    if isinstance(value, float) and not isfinite(value):
        raise Refused(f"{key} must be a finite number, got {value}")
    if key.startswith("exchange."):
        return set_exchange(config, {key.removeprefix("exchange."): value})
    try:
        OmegaConf.update(config, key, value, merge=True)
    except OmegaConfBaseException as error:
        raise Refused(option_error(error, key)) from None
