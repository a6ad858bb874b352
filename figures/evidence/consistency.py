"""Consistency checks of a run folder, made before its numbers are averaged with others."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl

from codist.unpacked import name_of

NAMES = ("scale", "sweep", "arm", "seed")


class Unreadable(ValueError):
    """Results that cannot be used. The message is one line: the file, the error, what to do."""


def named(folder: Path, done: dict) -> None:
    """Raise Unreadable if the path .../scale/sweep/arm/seed does not match the run inside it."""
    scale, sweep, arm, seed = folder.parts[-4:]
    for name, at in zip(NAMES, (scale, sweep, arm, int(seed)), strict=True):
        if at != done.get(name):
            raise Unreadable(
                f"{name_of(folder)} holds a run of {name} {done.get(name)}, expected {at}; "
                "it was renamed or copied, put it back"
            )


def all_ended(runs: Sequence[tuple[Path, dict]], rows: pl.DataFrame, ends: Sequence[int]) -> None:
    """Raise Unreadable as `ended` for the first run that is not complete.

    runs: the folder and the content of done.json of R runs. rows: theirs, run after run. ends: (R + 1,),
    where each begins, and the end of the last
    """
    updates = rows["update"].to_numpy()
    models = np.repeat([done["models"] for _, done in runs], np.diff(ends))
    odd = {*np.searchsorted(ends, np.flatnonzero(rows["models"].to_numpy() != models), "right") - 1}
    for at, ((folder, done), (first, end)) in enumerate(zip(runs, pairwise(ends), strict=True)):
        # all of it here, since `ended` takes 20 times as long
        last = updates[end - 1] if end > first else None
        if at in odd or not last == done["update"] == done["updates"]:
            ended(folder, done, rows.slice(first, end - first))


def of_models(runs: Sequence[tuple[Path, dict]], model: np.ndarray, counts: Sequence[int]) -> None:
    """Raise Unreadable for a run whose rows of an update are not one of each model.

    model: of each row of the runs, by run, update and model. counts: rows of each run, (R,)
    """
    number = np.repeat(np.arange(len(runs)), counts)
    at = np.arange(len(model)) - np.repeat(np.cumsum(counts) - counts, counts)
    models = np.array([done["models"] for _, done in runs])
    for run in number[model != at % models[number]][:1]:
        folder, done = runs[run]
        raise Unreadable(
            f"{name_of(folder)} has rows of other models than its {done['models']}; copy the complete folder again"
        )


def ended(folder: Path, done: dict, rows: pl.DataFrame) -> None:
    """Raise Unreadable if the rows do not end where done.json says that the run ended.

    rows: one per update, in order; their `models` is the number of logs that have this update.
    """
    update, last = done["update"], rows["update"][-1] if rows.height else done["update"]
    if done["outcome"] == "finished" and update != done["updates"]:
        raise Unreadable(
            f"{name_of(folder)} is marked as finished at update {update} of {done['updates']}; retrain it"
        )
    if done["outcome"] == "finished" and update and not rows.height:
        raise Unreadable(
            f"{name_of(folder)} is marked as finished and has no rows; copy the complete folder again"
        )
    if (rows["models"] != done["models"]).any():
        odd = rows.filter(pl.col("models") != done["models"])
        found, at = odd["models"][0], odd["update"][0]
        raise Unreadable(
            f"{name_of(folder)} has {found} rows of update {at:.0f} by {done['models']} models; "
            "copy the complete folder again"
        )
    if last != update:
        raise Unreadable(
            f"{name_of(folder)} has rows up to update {last:.0f}, expected {update}; "
            "copy the complete folder again"
        )
