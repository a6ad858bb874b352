"""The arms of a sweep's yaml, listed or combined by designs, and the number of their seeds. Needs no torch."""

from collections.abc import Mapping
from itertools import product
from typing import Any

from codist.errors import Refused

SEEDS = 3  # of an arm, as in Sodhani et al.


def arms(content: Mapping[str, Any]) -> dict[str, Any]:
    """{arm: its changes}, in the order of the yaml.

    content: with `arms`; and with `designs`, each a list of factors {level: changes}. A design has
    an arm for each combination of levels, named by them, joined by "_". Where two levels change the
    same option, the later factor wins. Raises Refused for a design that is no list of factors, and
    for two arms of one name.
    """
    found = dict(content.get("arms") or {})
    for factors in content.get("designs") or []:
        if not isinstance(factors, list) or not all(isinstance(one, Mapping) for one in factors):
            raise Refused(
                f"designs: expected lists of factors {{<level>: {{<changes>}}}}, got {factors}; write [[{{...}}, ...]]"
            )
        for levels in product(*(factor.items() for factor in factors)):
            changes: dict[str, Any] = {}
            for _, more in levels:
                changes = merged(changes, more or {})
            name = "_".join(level for level, _ in levels)
            if name in found:
                raise Refused(f"designs: two arms are named {name}; rename a level")
            found[name] = changes
    return found


def merged(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """`first` changed by `then`, section by section."""
    both = {
        key: merged(first[key], then[key])
        for key in first.keys() & then.keys()
        if isinstance(first[key], Mapping) and isinstance(then[key], Mapping)
    }
    return {**first, **then, **both}


def seeds(content: Mapping[str, Any]) -> tuple[int, ...]:
    """The seeds of each arm of a sweep, unless others are asked for: 1, 2, ..., as many as `seeds` says.

    Raises Refused for another number than 1 or more.
    """
    number = content.get("seeds", SEEDS)
    if not isinstance(number, int) or number < 1:
        raise Refused(f"seeds: expected a whole number from 1 on, got {number}")
    return tuple(range(1, number + 1))
