"""Read the rows of many runs at once: averaged over the models of a run, and per model."""

import json
from pathlib import Path

import polars as pl

from codist import metrics, runlog
from codist.unpacked import name_of
from figures.evidence import consistency
from figures.evidence.consistency import Unreadable


def read_rows(arms: list) -> None:
    """Fill in the rows of `arms`: one scan over all files, then means over models per update."""
    files: list = []
    for arm in arms:
        for seed, folder in arm.folders.items():
            models = sorted(folder.glob("model*.jsonl"))
            if len(models) != arm.done[seed]["models"]:
                expected = arm.done[seed]["models"]
                raise Unreadable(
                    f"{name_of(folder)} has {len(models)} of {expected} models' logs; "
                    "copy the complete folder again"
                )
            files += map(str, models)
    if not files:
        return
    columns = {"update"}
    # the metrics differ between workloads; all rows of a file have the same
    for file in files:
        with open(file) as lines:
            columns |= json.loads(next(lines, "{}")).keys()
    table = pl.scan_ndjson(
        files, schema=dict.fromkeys(sorted(columns), pl.Float64), include_file_paths="file"
    )
    folder, model = (
        pl.col("file").str.extract(r"^(.*)/"),
        pl.col("file").str.extract(r"model(\d+)\.jsonl$"),
    )
    table = table.with_columns(folder.alias("folder"), model.cast(pl.Float64).alias("model")).drop(
        "file"
    )
    for one in metrics.METRICS:
        if one.fallback in columns:
            either = [name for name in (one.name, one.fallback) if name in columns]
            table = table.with_columns(pl.coalesce(either).alias(one.name))
    # null is a non-finite number: as NaN it makes the mean NaN, while a mean over the other models
    # would hide it
    table = table.with_columns(pl.exclude("folder").fill_null(float("nan")))
    try:
        each = table.sort("folder", "update", "model").collect()
    except pl.exceptions.PolarsError as error:
        for file in files:  # its error names the line
            runlog.rows(Path(file).parent, int(Path(file).stem.removeprefix("model")))
            if not Path(file).read_text().endswith("\n"):
                raise Unreadable(f"{file} is cut off in its last line; copy it again") from None
        raise Unreadable(f"the logs cannot be read: {str(error).splitlines()[0]}") from None
    at = each.group_by("folder", "update", maintain_order=True)
    means = at.agg(pl.exclude("model").mean(), pl.len().alias("models"))
    for rows, kept in ((means, "rows"), (each, "models")):
        parts = {part["folder"][0]: part for part in rows.partition_by("folder")}
        for arm in arms:
            for seed, folder in arm.folders.items():
                # a run that diverged before its first row has none
                getattr(arm, kept)[seed] = parts.get(str(folder), rows.clear())
    for arm in arms:
        for seed, folder in arm.folders.items():
            consistency.ended(folder, arm.done[seed], arm.rows[seed])
