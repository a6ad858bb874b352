"""Compare two runs of one config: bit for bit on the same kind of machine, else within a tolerance.

The tolerance, and why it is so wide: 63 of the laptop's runs (117 logs) were made on an Intel Xeon
and on an AMD EPYC. Values that follow from the config were equal. Sums in another order differ in
their last bits, and training amplifies the differences until they look like those between seeds:

                 after the first epoch          at the end
training loss    0.33 % at most, median 0       8.5 %, median 1.2 %
distance         0.57 %, median 0               2.8 %, median 0.4 %
top-1            -                              8.9 points, and 3.6 without the arm that hardly
                 learns

The bounds (`first` and `last` in codist/metrics.py) are about twice the largest of these. A last
training loss may always differ by 0.1 nats (`slack`), which 15 % allow at 0.7 nats. A part of a loss
near 0 says little: where models memorize an eighth of the digits, losses of 0.02 to 0.18 differed by
0.05, and in single runs by up to 0.14, which is still beyond the tolerance. A first row after several
epochs has the bounds of the last; distance then differed by up to 1.9 %.

The early bounds are the strict ones: two seeds of an arm, compared in the same way, are within them
in 6 % of the logs. The late bounds catch a run that goes wrong during training. docs/reproduce.md has
what other workloads came to under them.
"""

from collections.abc import Iterator
from pathlib import Path

from codist import metrics, run_folder, runlog
from codist.start import Start

EARLY = 1.5  # epochs, below which a first row must agree closely; above, its place is `late`
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
    """Returns how the machines differ, so that equal bits cannot be expected; "" if they do not.

    theirs, here: contents of done.json. A missing value counts as different, except `gpu`, which
                  runs on a CPU do not have.
    device_batches: per update. The sum of up to two gradients does not depend on the order.
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
    """Returns the values of done.json that determine the last bits; unknown ones may be None."""
    of_run = {key: ended.get(key) for key in ("threads", "sums")}
    return (
        {"gpu": "none"}
        | ended.get("machine", {})
        | of_run
        | {"torch": ended.get("versions", {}).get("torch")}
    )


def other_start(theirs: Path, here: Path, start: Start) -> str:
    """Returns the other checkpoint of `start` that the run started from; "" if weights are equal.

    The digest of a checkpoint covers its times too, so two trainings never have equal digests.
    Weights therefore also count as equal if both runs started from the last checkpoint of the arm
    beside them. The logs of these two arms must then be equal bit for bit.
    """
    a, b = (run_folder.ended(folder).get(start.digest) for folder in (theirs, here))
    if a and a == b:
        return ""
    first = [start.folder(folder) for folder in (theirs, here)]
    ended = [(run_folder.done(folder) or {}).get("state") for folder in first]
    if a and b and [a, b] == ended and not bits(*first):
        return ""
    name = [digest[:10] if digest else "unknown" for digest in (b, a)]
    return f"started from another checkpoint of {start.named}/{here.name}: {name[0]} here, {name[1]} shipped"


def bits(theirs: Path, here: Path) -> list[str]:
    """Returns a line per shipped value, except times, that differs here.

    Values that only newer code writes are ignored.
    """
    a, b = run_folder.ended(theirs), run_folder.ended(here)
    found = differences("done.json", a, b, ENDED)
    for model, ends in a.get("final", {}).items():
        theirs_ends, ours = measured(ends), measured(b.get("final", {}).get(model, {}))
        # runs older than this digest have none
        keys = [key for key in theirs_ends if "hypotheses" not in key or key in ours]
        found += differences(
            f"done.json, model {model}",
            {"update": a["update"]} | theirs_ends,
            {"update": b["update"]} | ours,
            keys,
        )
    for name, _, row, other in rows(theirs, here):
        found += differences(name, row, other, sorted(row.keys() - set(metrics.TIMES)))
    return found


def measured(final: dict, of: str = "") -> dict:
    """Returns {name: value} of a model's `final`, without text, which says how it was measured.

    The digest of the decoded hypotheses is text that was measured. Numbers of last_weights are
    named last_weights.bleu and so on.
    """
    found: dict = {}
    for key, value in final.items():
        if isinstance(value, dict):
            found |= measured(value, f"{of}{key}.")
        elif key == "hypotheses" or not isinstance(value, str):
            found[of + key] = value
    return found


def near(theirs: Path, here: Path, same_start: bool = True) -> tuple[list[str], str]:
    """Returns a line per difference beyond the tolerance, and the largest differences of all.

    same_start: True if both started from the same weights; otherwise the tolerance of the first row
                is not checked, only its planned values.
    """
    ends = run_folder.ended(theirs), run_folder.ended(here)
    found = differences("done.json", *ends, ("outcome", "update"))
    largest: dict[tuple[str, str], tuple[float, str]] = {}
    bounds: dict[str, dict[str, float]] = {
        "first": metrics.FIRST if same_start else {},
        # no accuracy, which still jumps
        "late": {key: metrics.LAST[key] for key in metrics.FIRST},
        "last": metrics.LAST,
    }
    for name, places, row, other in rows(theirs, here):
        found += differences(name, row, other, metrics.BY_CONFIG)
        for place, key, bound in ((at, *of) for at in places for of in bounds[at].items()):
            if row.get(key) is None or other.get(key) is None:
                continue
            metric, difference = metrics.metric(key), abs(other[key] - row[key])
            points = metric.unit == "%"
            apart = difference / (1 if points else abs(row[key]))
            size = f"{apart:.2g} points" if points else f"{100 * apart:.2g} %"
            largest[place, key] = max(
                (apart, f"{key} {place} {size}"), largest.get((place, key), (0.0, ""))
            )
            slack = 0.0 if place == "first" else metric.slack
            if not (apart <= bound or difference <= slack):
                found += differences(f"{name}, {place} row", row, other, [key])
    return found, f"largest differences: {', '.join(size for _, size in largest.values())}"


def differences(name: str, a: dict, b: dict, keys) -> list[str]:
    """Returns a line per key that differs between a (shipped) and b (here).

    {}: there is no such row.
    """
    if not a or not b:
        return [f"{name}: a row of update {(a or b)['update']} only {'shipped' if a else 'here'}"]
    where = f"{name}, update {a['update']}"
    return [
        f"{where}: {key} {a.get(key)} shipped, {b.get(key)} here"
        for key in keys
        if a.get(key) != b.get(key)
    ]


def rows(theirs: Path, here: Path) -> Iterator[tuple[str, tuple[str, ...], dict, dict]]:
    """Yields (file, places, shipped row, row here) for each model; {} for a missing row.

    places: which bounds a row has to keep, of `first`, `late` (a first row after several epochs) and
            `last`. The only row of a log has two.
    """
    for model in range(run_folder.ended(theirs)["models"]):
        a, b = runlog.rows(theirs, model), runlog.rows(here, model)
        for k in range(max(len(a), len(b))):
            begin = "first" if a and a[0]["epoch"] < EARLY else "late"
            places = (begin,) * (k == 0) + ("last",) * (k == len(a) - 1)
            yield (
                f"model{model}.jsonl",
                places,
                a[k] if k < len(a) else {},
                b[k] if k < len(b) else {},
            )
