"""Audit the logs of runs: find counts that no data set gives, contradictions and copies.

log_audit.py compares a run with its config. These checks compare its measurements with each other,
with the validation set and with those of other runs. docs/evidence.md lists what they cannot find.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from math import ceil, floor, isclose
from pathlib import Path

from codist import metrics, run_folder, runlog
from codist.config import Run
from codist.errors import Refused

WHOLE = 1e-6  # tolerance of whole counts; rounding errors of a double are below 1e-9
# Relative. Logs that agree to this in every row are copies: of 25,995 pairs of logs of an arm, in
# 693 runs, the closest differ by 1.5 % in some row.
ALIKE = 1e-4


def wrong(folder: Path, run: Run) -> Iterator[str]:
    """Yields what the measurements of `run` in `folder` contradict.

    Expects runs in which log_audit.wrong found nothing: all files exist and belong to the config.
    """
    try:
        done = run_folder.ended(folder)
        for model in range(run.n):
            rows = runlog.rows(folder, model)
            for line, row in enumerate(rows, 1):
                if fault := wrong_row(row, run):
                    yield f"model{model}.jsonl, line {line}: {fault}"
                    break
            else:
                yield from wrong_classes(rows[-1], model, done, run)
            yield from wrong_final(done.get("final", {}).get(str(model), {}), model, run)
    except (Refused, KeyError, TypeError, ValueError) as error:
        yield f"damaged: {error}"


def wrong_row(row: dict, run: Run) -> str:
    """Returns which number of `row` is impossible for whole validation examples and full batches."""
    if n := getattr(run.workload, "valid_examples", None):
        shares = {"valid_top1": n}
        # a mean over the peers; models that are trained apart do not know it, and the log has null
        if run.n > 1 and not run.exchange.apart:
            shares["disagreement"] = n * (run.n - 1)
        for name, of in shares.items():
            if fault := no_share(row[name], of):
                return f"{name} is {row[name]}, {fault}"
    # equal for images, which log_audit checks; batches of tokens are not quite full
    most = run.sent_bits(row["update"])
    if row["sent_bits"] > most * (1 + 1e-9):
        return f"sent_bits is {row['sent_bits']}, but at most {most:.9g} if all batches are full"
    return ""


def no_share(percent: float, of: int) -> str:
    """Returns "" if `percent` of `of` is a whole number."""
    hits = percent * of / 100
    if -WHOLE < hits < of + WHOLE and abs(hits - round(hits)) < WHOLE:
        return ""
    return f"no multiple of 100/{of} from 0 to 100"


def wrong_classes(last: dict, model: int, done: dict, run: Run) -> Iterator[str]:
    """Yields an error if the accuracies by class contradict that of the last row.

    Options may not know the number of examples of each class. The accuracy of the last row must
    then lie between those of the lowest and the highest class.
    """
    if not done["top1_of_class"]:  # there are too many classes
        return
    by_class, top1 = done["top1_of_class"][str(model)], last["valid_top1"]
    where = f"done.json, top1_of_class of model {model}"
    if len(by_class) != run.workload.classes:
        yield f"{where} has {len(by_class)} classes, not {run.workload.classes}"
        return
    counts = getattr(run.workload, "valid_classes", None)
    if counts is None:
        there = [percent for percent in by_class if percent is not None]
        if not min(there) - 0.01 <= top1 <= max(there) + 0.01:
            yield f"{where} is {min(there)} to {max(there)}, but the last row's valid_top1 is {top1}"
        return
    least = most = 0  # hits
    for label, (percent, of) in enumerate(zip(by_class, counts, strict=True)):
        its = (percent or 0) * of / 100
        if percent != (round(100 * round(its) / of, 2) if of else None):
            yield f"{where}: {percent} in class {label}, which has {of} validation examples"
            return
        # two decimals do not resolve one hit of more than 10,000 examples
        spread = 0.005 * of / 100 + WHOLE
        least, most = least + ceil(its - spread), most + floor(its + spread)
    low, high = (100 * hits / sum(counts) for hits in (least, most))
    if not low * (1 - 1e-9) <= top1 <= high * (1 + 1e-9):
        sums = f"{low:.6g}" if least == most else f"{low:.6g} to {high:.6g}"
        yield f"{where} adds up to {sums}, but the last row's valid_top1 is {top1:.6g}"


def wrong_final(final: dict, model: int, run: Run) -> Iterator[str]:
    """Yields an error if the accuracy on the larger set is impossible for a set of its size."""
    n = getattr(run.workload, "final_examples", None)
    if not final or n is None:
        return
    if final["images"] != n:
        yield f"done.json, final of model {model}: {final['images']} images, not {n}"
    elif fault := no_share(final["valid_top1"], n):
        yield f"done.json, final of model {model}: valid_top1 is {final['valid_top1']}, {fault}"


def copies(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yields each log of an arm whose losses and distances equal those of another, or nearly so.

    folders: the runs of one arm. A changed digit or planned number does not hide a copy.
    """
    logs = [
        (folder, model, rows) for folder in folders for model, rows in enumerate(logs_of(folder))
    ]
    for (of, i, rows), (folder, j, others) in combinations(logs, 2):
        if alike(rows, others):
            whose = "this run" if of == folder else f"seed {of.name}"
            yield folder, f"model{j}.jsonl agrees with model{i}.jsonl of {whose} in every row"


def logs_of(folder: Path) -> list[list[list[float | None]]]:
    """Returns the losses and distances in each row of each model's log; [] if one is damaged."""
    try:
        return [
            [[row.get(name) for name in metrics.FINITE] for row in runlog.rows(folder, model)]
            for model in range(len(list(folder.glob("model*.jsonl"))))
        ]
    except Refused:
        return []  # log_audit.wrong reports it


def alike(rows: list[list], others: list[list]) -> bool:
    """True if all values agree to ALIKE; logs without any value are not compared."""
    if len(rows) != len(others) or not any(value is not None for row in rows for value in row):
        return False
    return all(
        a == b or (None not in (a, b) and isclose(a, b, rel_tol=ALIKE))
        for row, other in zip(rows, others, strict=True)
        for a, b in zip(row, other, strict=True)
    )


def shared_states(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Yields each run with the last checkpoint of another.

    The digest covers the times of the run, so two trainings never have equal ones.
    """
    first: dict[str, Path] = {}
    for folder in folders:
        try:
            state = (run_folder.done(folder) or {}).get("state")
        except Refused:
            continue  # log_audit.wrong reports it
        if state and (other := first.setdefault(state, folder)) != folder:
            yield folder, f"its last checkpoint is that of {'/'.join(other.parts[-4:])}"
