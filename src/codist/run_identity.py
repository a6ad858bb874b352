"""A run's identity is its resolved config: two configs that differ in more than `place` are two runs."""

# decide no number; of examples that are replaced the rows have the count
IDENTICAL = ("place", "workload.corrupt")
# parts with options that depend on their `kind`; older configs name the options of all kinds
OF_ITS_KIND = ("exchange",)


def difference(old: dict, new: dict, defaults: dict | None = None, above: str = "") -> list[str]:
    """What two configs disagree on, as 'key: old, now new', but for IDENTICAL.

    defaults: what a key that `old` lacks stood for. An option that is younger than a folder does
    not make it foreign.
    """
    old = (defaults or {}) | old
    found = []
    for key in sorted(old.keys() | new.keys(), key=str):  # a damaged file may have other keys
        if f"{above}{key}" in IDENTICAL:
            continue
        if above[:-1] in OF_ITS_KIND and key not in new and old.get("kind") == new.get("kind"):
            continue  # an option of other kinds, which never decided anything
        a, b, default = old.get(key), new.get(key), (defaults or {}).get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += difference(
                a, b, default if isinstance(default, dict) else None, f"{above}{key}."
            )
        elif a != b:
            found.append(f"{above}{key}: {a}, now {b}")
    return found
