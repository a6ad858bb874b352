"""Are two runs of one config the same? To the bit where the machine is of one kind, else within a tolerance.

The tolerance, and why it is so wide: 63 of the laptop's runs (117 logs) were made on an Intel Xeon
and on an AMD EPYC. What a config plans was equal. Sums in another order differ in their last bits,
training makes differences grow, and what is left is chance, as between seeds:

                 after the first epoch          at the end
training loss    0.33 % at most, median 0       8.5 %, median 1.2 %
distance         0.57 %, median 0               2.8 %, median 0.4 %
top-1            -                              8.9 points, and 3.6 without the arm that hardly
                 learns

The bounds (`first` and `last` in codist/metrics.py) are about twice the largest of these. The early
ones are the sharp ones: two seeds of an arm, compared in the same way, keep within them in 6 % of
the logs; what the late ones catch is a run that goes wrong on the way. Other workloads than the
digits were made on one kind of machine only: for them the bounds are taken over, untried.
"""

from collections.abc import Iterator
from pathlib import Path

from codist import metrics, runlog

ENDED = (
    "outcome",
    "update",
    "updates",
    "epoch",
    "models",
    "top1_of_class",
    "sent_bits",
    "server_bits",
)


def kind(theirs: dict, here: dict, device_batches: int) -> str:
    """What differs between the machines, so that equal bits cannot be expected; "" where nothing does.

    theirs, here: done.json. A fact that one of the two does not name is unknown, and unknown is not
    equal. Only `gpu` is left out on purpose, by runs on a CPU. device_batches: per update. Up to
    two gradients have the same sum in any order.
    """
    a, b = facts(theirs), facts(here)
    compared = (
        "processor",
        "vectors",
        "gpu",
        "threads",
        "torch",
        *(("sums",) if device_batches > 2 else ()),
    )
    apart = [key for key in compared if not a.get(key) or a[key] != b.get(key)]
    return ", ".join(
        f"{key} {b.get(key) or 'unknown'} here, {a.get(key) or 'unknown'} shipped" for key in apart
    )


def facts(ended: dict) -> dict:
    """What in a done.json decides the last bits. What it does not name is missing or None."""
    of_run = {key: ended.get(key) for key in ("threads", "sums")}
    return (
        {"gpu": "none"}
        | ended.get("machine", {})
        | of_run
        | {"torch": ended.get("versions", {}).get("torch")}
    )


def other_start(theirs: Path, here: Path, arm: str) -> str:
    """Which other save of `arm` the run here began from; "" where it began from the same weights.

    arm: the run's `begin_from`; "" where it begins from its own initialization. A save is known by
    its digest, which covers its seconds too: two trainings never give equal digests. The weights
    are therefore also the same where both runs began from the save that the `arm` beside them ended
    with, and the logs of these two are equal to the bit.
    """
    a, b = (runlog.ended(folder).get("begun_from") for folder in (theirs, here))
    if not arm or (a and a == b):
        return ""
    first = [folder.parents[1] / arm / folder.name for folder in (theirs, here)]
    ended = [(runlog.done(folder) or {}).get("state") for folder in first]
    if a and b and [a, b] == ended and not bits(*first):
        return ""
    name = [digest[:10] if digest else "unknown" for digest in (b, a)]
    return f"begun from another save of {arm}/{here.name}: {name[0]} here, {name[1]} shipped"


def bits(theirs: Path, here: Path) -> list[str]:
    """Every number that ships and is another in what was made here, but the seconds; a line each. What younger code
    notes besides is passed over."""
    a, b = runlog.ended(theirs), runlog.ended(here)
    found = differences("done.json", a, b, ENDED)
    for model, ends in a.get("final", {}).items():  # text says how it was measured
        ours = {"update": b["update"]} | b.get("final", {}).get(model, {})
        told = [key for key, value in ends.items() if not isinstance(value, str)]
        found += differences(
            f"done.json, model {model}", {"update": a["update"]} | ends, ours, told
        )
    for name, _, row, other in rows(theirs, here):
        found += differences(name, row, other, sorted(row.keys() - set(metrics.TIMES)))
    return found


def near(theirs: Path, here: Path, same_start: bool = True) -> tuple[list[str], str]:
    """What is beyond the tolerance, a line each; and the largest differences, beyond it or not.

    same_start: whether both began from the same weights; where not, the first row is held to its
    plan only.
    """
    ends = runlog.ended(theirs), runlog.ended(here)
    found = differences("done.json", *ends, ("outcome", "update"))
    largest: dict[tuple[str, str], tuple[float, str]] = {}
    bounds: dict[str, dict[str, float]] = {
        "first": metrics.FIRST if same_start else {},
        "last": metrics.LAST,
    }
    for name, places, row, other in rows(theirs, here):
        found += differences(name, row, other, metrics.BY_CONFIG)
        for place, key, bound in ((at, *of) for at in places for of in bounds[at].items()):
            if row.get(key) is None or other.get(key) is None:
                continue
            points = metrics.metric(key).unit == "%"
            apart = abs(other[key] - row[key]) / (1 if points else abs(row[key]))
            said = f"{apart:.2g} points" if points else f"{100 * apart:.2g} %"
            largest[place, key] = max(
                (apart, f"{key} {place} {said}"), largest.get((place, key), (0.0, ""))
            )
            if not apart <= bound:
                found += differences(f"{name}, {place} row", row, other, [key])
    return found, f"largest differences: {', '.join(said for _, said in largest.values())}"


def differences(name: str, a: dict, b: dict, keys) -> list[str]:
    """Which of `keys` are not equal in a, which ships, and b, made here. {}: there is no such row."""
    if not a or not b:
        return [f"{name}: a row of update {(a or b)['update']} only {'ships' if a else 'here'}"]
    where = f"{name}, update {a['update']}"
    return [
        f"{where}: {key} {a.get(key)} ships, {b.get(key)} here"
        for key in keys
        if a.get(key) != b.get(key)
    ]


def rows(theirs: Path, here: Path) -> Iterator[tuple[str, tuple[str, ...], dict, dict]]:
    """(file, whether it is the first, the last, a shipped row, the row made here) of each model; {} where one has no
    more. The only row of a log is its first and its last."""
    for model in range(runlog.ended(theirs)["models"]):
        a, b = runlog.rows(theirs, model), runlog.rows(here, model)
        for k in range(max(len(a), len(b))):
            places = ("first",) * (k == 0) + ("last",) * (k == len(a) - 1)
            yield (
                f"model{model}.jsonl",
                places,
                a[k] if k < len(a) else {},
                b[k] if k < len(b) else {},
            )
