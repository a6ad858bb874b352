"""The configs of an arm's runs, and in what two of them differ."""

from pathlib import Path

from codist import run_folder, run_identity


def read(folders: dict[int, Path]) -> dict[int, dict]:
    """{seed: the config of its run}. Only one of equal texts is parsed; the values are shared."""
    of_text: dict[str, dict] = {}
    found = {}
    for seed, folder in folders.items():
        text = run_folder.without_seed(folder)
        if text not in of_text:
            of_text[text] = run_folder.made_by(folder)
        found[seed] = of_text[text] | {"seed": seed}
    return found


def apart(one: dict, other: dict) -> list[str]:
    """The differences of two configs in options of both; a run may be older than an option."""
    if one == other:  # as nearly always, and much faster
        return []
    back = run_identity.difference(other, one, one)
    both = {line.partition(":")[0] for line in back}
    there = run_identity.difference(one, other, other)
    return [line for line in there if line.partition(":")[0] in both]
