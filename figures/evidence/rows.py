"""Read the rows of many runs at once: averaged over the models of a run, and per model."""

import io
import json
from pathlib import Path

import numpy as np
import polars as pl

from codist import metrics, runlog
from codist.unpacked import name_of
from figures.evidence import consistency
from figures.evidence.consistency import Unreadable


def read_rows(arms: list) -> None:
    """Fill in the rows of `arms`: one text of all files, then means over models per update."""
    files: list[Path] = []
    for arm in arms:
        for seed, folder in arm.folders.items():
            models = sorted(folder.glob("model*.jsonl"))
            if len(models) != arm.done[seed]["models"]:
                expected = arm.done[seed]["models"]
                raise Unreadable(
                    f"{name_of(folder)} has {len(models)} of {expected} models' logs; "
                    "copy the complete folder again"
                )
            files += models
    if not files:
        return
    texts = [ended(path.read_bytes()) for path in files]
    columns = {"update"}
    for text in texts:  # the metrics differ between workloads; all rows of a file have the same
        columns |= json.loads(text.partition(b"\n")[0] or b"{}").keys()
    try:
        # one text: polars takes a millisecond to open a file
        table = pl.read_ndjson(
            io.BytesIO(b"".join(texts)), schema=dict.fromkeys(sorted(columns), pl.Float64)
        )
        of_row = np.repeat(np.arange(len(files)), [text.count(b"\n") for text in texts])
        table = table.with_columns(
            pl.Series("folder", [str(path.parent) for path in files])[of_row],
            pl.Series("model", [float(model_of(path)) for path in files])[of_row],
        )
    except pl.exceptions.PolarsError as error:
        for path, text in zip(files, texts, strict=True):
            runlog.rows(path.parent, model_of(path))  # its error names the line
            if text != path.read_bytes():
                raise Unreadable(f"{path} is cut off in its last line; copy it again") from None
        raise Unreadable(f"the logs cannot be read: {str(error).splitlines()[0]}") from None
    for one in metrics.METRICS:
        if one.fallback in columns:
            either = [name for name in (one.name, one.fallback) if name in columns]
            table = table.with_columns(pl.coalesce(either).alias(one.name))
    # null is a non-finite number: as NaN it makes the mean NaN, while a mean over the other models
    # would hide it
    each = table.with_columns(pl.exclude("folder").fill_null(float("nan"))).sort(
        "folder", "update", "model"
    )
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


def ended(text: bytes) -> bytes:
    """`text` with a line feed after its last line."""
    return text if text.endswith(b"\n") or not text else text + b"\n"


def model_of(path: Path) -> int:
    return int(path.stem.removeprefix("model"))
