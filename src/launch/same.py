"""Are two runs of one config the same? To the bit where the machine is of one kind, else within a tolerance.

The tolerance, and why it is so wide: 63 of the laptop's runs (117 logs) were made on an Intel Xeon and on an AMD EPYC.
What a config plans was equal. Sums in another order differ in their last bits, training makes differences grow, and
what is left is chance, as between seeds:

                 after the first epoch          at the end
training loss    0.33 % at most, median 0       8.5 %, median 1.2 %
distance         0.57 %, median 0               2.8 %, median 0.4 %
top-1            -                              8.9 points, and 3.6 without the arm that hardly learns

The bounds are about twice the largest of these. The early ones are the sharp ones: two seeds of an arm, compared
in the same way, keep within them in 6 % of the logs; what the late ones catch is a run that goes wrong on the way.
Other workloads than the digits were made on one kind of machine only: for them the bounds are taken over, untried.
"""

from collections.abc import Iterator
from pathlib import Path

from codist import runlog

TOOK = ("seconds", "cpu_seconds")
ENDED = ("outcome", "update", "updates", "epoch", "models", "top1_of_class", "sent_bits", "server_bits")
PLANNED = ("epoch", "update", "examples", "lr", "weight_decay", "alpha", "smoothing", "sent_bits", "server_bits")
FIRST = {"train_loss": 0.01, "distance": 0.01}  # as a share of what ships
LAST = {"train_loss": 0.15, "distance": 0.06, "valid_top1": 15.0}  # the last in points


def kind(theirs: dict, here: dict) -> str:
    """What of machine, threads and torch is not alike, so that equal bits cannot be asked for; "" where all is.

    theirs, here: done.json. What an older one does not name is taken to be alike.
    """
    a, b = (ended["machine"] | {"threads": ended["threads"], "torch": ended["versions"]["torch"]}
            for ended in (theirs, here))  # fmt: skip
    named = ("processor", "vectors", "gpu", "threads", "torch")
    return ", ".join(f"{key} {b[key]}, not {a[key]}" for key in named if key in a and key in b and a[key] != b[key])


def bits(theirs: Path, here: Path) -> list[str]:
    """Every number that ships and is another in what was made here, but the seconds; a line each. What younger code
    notes besides is passed over."""
    a, b = runlog.done(theirs), runlog.done(here)
    found = differences("done.json", a, b, ENDED)
    for model, ends in a.get("final", {}).items():  # text says how it was measured
        ours = {"update": b["update"]} | b.get("final", {}).get(model, {})
        told = [key for key, value in ends.items() if not isinstance(value, str)]
        found += differences(f"done.json, model {model}", {"update": a["update"]} | ends, ours, told)
    for name, _, row, other in rows(theirs, here):
        found += differences(name, row, other, sorted(row.keys() - set(TOOK)))
    return found


def near(theirs: Path, here: Path) -> tuple[list[str], str]:
    """What is beyond the tolerance, a line each; and the largest differences, beyond it or not."""
    found, largest = differences("done.json", runlog.done(theirs), runlog.done(here), ("outcome", "update")), {}
    for name, place, row, other in rows(theirs, here):
        found += differences(name, row, other, PLANNED)
        for key, bound in {"first": FIRST, "last": LAST}.get(place, {}).items():
            if row.get(key) is None or other.get(key) is None:
                continue
            points = key == "valid_top1"
            apart = abs(other[key] - row[key]) / (1 if points else abs(row[key]))
            said = f"{apart:.2g} points" if points else f"{100 * apart:.2g} %"
            largest[place, key] = max((apart, f"{key} {place} {said}"), largest.get((place, key), (0.0, "")))
            if not apart <= bound:
                found += differences(f"{name}, {place} row", row, other, [key])
    return found, f"largest differences: {', '.join(said for _, said in largest.values())}"


def differences(name: str, a: dict, b: dict, keys) -> list[str]:
    """Which of `keys` are not equal in a, which ships, and b, made here. {}: there is no such row."""
    if not a or not b:
        return [f"{name}: a row of update {(a or b)['update']} only {'ships' if a else 'here'}"]
    where = f"{name}, update {a['update']}"
    return [f"{where}: {key} {a.get(key)} ships, {b.get(key)} here" for key in keys if a.get(key) != b.get(key)]


def rows(theirs: Path, here: Path) -> Iterator[tuple[str, str, dict, dict]]:
    """(file, first, last or between, a row that ships, the row made here) of each model; {} where one has no more."""
    for model in range(runlog.done(theirs)["models"]):
        a, b = runlog.rows(theirs, model), runlog.rows(here, model)
        for k in range(max(len(a), len(b))):
            place = "first" if k == 0 else "last" if k == len(a) - 1 else "between"
            yield f"model{model}.jsonl", place, a[k] if k < len(a) else {}, b[k] if k < len(b) else {}
