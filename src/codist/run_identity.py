"""A run's identity is its resolved config: two configs that differ in more than `place` are two runs."""

import hashlib
import json

# They do not change a run's identity; rows count the examples that workload.corrupt replaces.
IDENTICAL = ("place", "workload.corrupt")
# Sections whose options depend on their `kind`; older configs contain the options of all kinds.
BY_KIND = ("exchange",)


def identity(config: dict) -> str:
    """The SHA-256 of a resolved config without IDENTICAL, in hex: equal for all processes of one run."""
    kept = {key: value for key, value in config.items() if key not in IDENTICAL}
    kept["workload"] = {
        key: value
        for key, value in config["workload"].items()
        if f"workload.{key}" not in IDENTICAL
    }
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def difference(old: dict, new: dict, defaults: dict | None = None, above: str = "") -> list[str]:
    """The differences of two configs, as 'key: old, now new', ignoring the keys in IDENTICAL.

    defaults: the values of keys that `old` lacks, so an option added later is no difference.
    """
    old = (defaults or {}) | old
    found = []
    for key in sorted(old.keys() | new.keys(), key=str):  # keys of a damaged file may be no strings
        if f"{above}{key}" in IDENTICAL:
            continue
        if above[:-1] in BY_KIND and key not in new and old.get("kind") == new.get("kind"):
            continue  # an option of another kind, without effect
        a, b, default = old.get(key), new.get(key), (defaults or {}).get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += difference(
                a, b, default if isinstance(default, dict) else None, f"{above}{key}."
            )
        elif a != b:
            found.append(f"{above}{key}: {a}, now {b}")
    return found
