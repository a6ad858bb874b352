"""Is a run what its folder says it is? Found out before its numbers are averaged with others."""

from pathlib import Path

import polars as pl

NAMES = ("scale", "sweep", "arm", "seed")


class Unreadable(ValueError):
    """Logs that contradict themselves. One line: which folder, what is wrong, what to do."""


def named(folder: Path, done: dict) -> None:
    """Raises Unreadable where `folder` is not the place of the run that it holds: .../scale/sweep/arm/seed."""
    scale, sweep, arm, seed = folder.parts[-4:]
    for name, at in zip(NAMES, (scale, sweep, arm, int(seed)), strict=True):
        if at != done.get(name):
            raise Unreadable(
                f"{folder} holds a run of {name} {done.get(name)}; it was renamed or copied, put it back"
            )


def ended(folder: Path, done: dict, rows: pl.DataFrame) -> None:
    """Raises Unreadable where the rows do not come to the end that done.json tells of.

    rows: an update each, in order; `models`: in how many logs it stands.
    """
    update, last = done["update"], rows["update"][-1] if rows.height else done["update"]
    if done["outcome"] == "finished" and update != done["updates"]:
        raise Unreadable(
            f"{folder} says it finished, at update {update} of {done['updates']}; train it again"
        )
    if (odd := rows.filter(pl.col("models") != done["models"])).height:
        found, at = odd["models"][0], odd["update"][0]
        raise Unreadable(
            f"{folder} has {found} rows of update {at:.0f} by {done['models']} models; copy it whole"
        )
    if last != update:
        raise Unreadable(
            f"{folder} has rows to update {last:.0f} and ended at {update}; copy it whole"
        )
