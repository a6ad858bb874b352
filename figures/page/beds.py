"""The curves of the planned runs: few rows of each, so that thousands of runs fit into the page."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from codist.progress import progress
from figures.drawing.colours import COLOURS, LABELS
from figures.evidence import names, planned
from figures.evidence.arm import Arm
from figures.evidence.findings import bed_name
from figures.evidence.provenance import machines
from figures.page.rows import numbers, rounded, table_of
from figures.page.runs import apart, command, ends

POINTS = 25  # at most so many rows of a run
DIGITS = 4  # significant digits of their numbers
FACTS = ("updates", "outcome", "update", "seconds", "commit")  # of done.json


def read(shown: Iterable[Mapping[str, Arm]]) -> dict[str, dict[str, Arm]]:
    """Read {scale: its planned arms} of each bed, without the runs of `shown`, which the page has in full."""
    figures, found = names.load(), {}
    full = [folders(arm) for arms in shown for arm in arms.values()]
    for scale in progress("planned runs", [s for plan in planned.beds() for s in plan.seeds]):
        there = {
            name: arm
            for name, arm in planned.arms(scale, figures).items()
            if folders(arm) not in full
        }
        if there:
            found[scale] = there
    return found


def folders(arm: Arm) -> list[Path]:
    return [run.folder for run in arm.stored.values()]


def curves(beds: Mapping[str, Mapping[str, Arm]]) -> dict:
    """{points, beds: {scale: its name}, planned: {"planned:scale/arm": its curves}}, for the overlays."""
    return {
        "points": POINTS,
        "beds": {scale: bed_name(scale) for scale in beds},
        "planned": {
            f"planned:{scale}/{name}": of_arm(arm)
            for scale, arms in beds.items()
            for name, arm in arms.items()
        },
    }


def of_arm(arm: Arm) -> dict:
    """An arm as in runs.of_arm, of its mean model only and without configs, other columns and facts."""
    kept = rows_kept(max(map(len, arm.rows.values())))
    common, own = apart([{key: done[key] for key in FACTS} for done in arm.done.values()])
    return {
        "label": LABELS.get(arm.name, arm.name),
        "colour": COLOURS[arm.name],
        "facts": common,
        "commits": sorted(arm.commits),
        "machines": machines([arm]),
        "metrics": arm.charted,
        "ends": ends(arm),
        "command": command(arm),
        "seeds": [
            {
                "seed": seed,
                "facts": facts,
                "models": 1,
                "rows": thinned(rows, ["update", *arm.charted], kept),
            }
            for (seed, rows), facts in zip(arm.rows.items(), own, strict=True)
        ],
    }


def rows_kept(longest: int) -> list[int]:
    """Which rows are kept of every seed, if the longest has so many: the mean of the seeds is of equal updates."""
    return sorted({round(k * (longest - 1) / (POINTS - 1)) for k in range(POINTS)})


def thinned(rows: pl.DataFrame, columns: list[str], kept: list[int]) -> dict[str, list[list]]:
    """{column: [its numbers in the rows `kept`]}"""
    table = table_of(rows, columns)[kept[: bisect_left(kept, len(rows))]]
    return {
        name: [column]
        for name, column in zip(columns, numbers(rounded(table, DIGITS)), strict=True)
    }
