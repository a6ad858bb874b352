"""Consistency checks of a run folder, made before its numbers are averaged with others."""

from pathlib import Path

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
