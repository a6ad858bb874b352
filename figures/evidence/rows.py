"""Read the rows of many runs at once: averaged over the models of a run, and per model."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import accumulate

import numpy as np
import polars as pl

from codist import metrics
from figures.evidence import consistency
from figures.evidence.consistency import Unreadable


def read_rows(arms: list) -> None:
    """Fill in the rows of `arms`: one text of all logs, then means over models per update."""
    runs = [(arm, seed, run) for arm in arms for seed, run in arm.stored.items()]
    ended = [(run.folder, arm.done[seed]) for arm, seed, run in runs]
    of_run = [run.logs(done["models"]) for (*_, run), (_, done) in zip(runs, ended, strict=True)]
    if not any(logs.text for logs in of_run):
        return
    try:
        # the metrics differ between workloads; all rows of a log have the same, and lines that differ in digits only
        lines = {
            line.translate(None, b"0123456789"): line for logs in of_run for line in logs.lines
        }
        one_of_each = io.BytesIO(b"".join(lines.values()))
        columns = set(pl.read_ndjson(one_of_each, infer_schema_length=None).columns)
        schema = dict.fromkeys(sorted(columns - {"arm", "seed"}), pl.Float64)
        table = pl.read_ndjson(io.BytesIO(b"".join(logs.text for logs in of_run)), schema=schema)
        number = np.repeat(
            np.arange(len(runs), dtype=np.int32), [logs.row_count for logs in of_run]
        )
        table = table.with_columns(pl.Series("run", number))
    except (ValueError, pl.exceptions.PolarsError) as error:
        for *_, run in runs:
            run.check()  # its error names the line
        raise Unreadable(f"the logs cannot be read: {str(error).splitlines()[0]}") from None
    for one in metrics.METRICS:
        if one.fallback in columns:
            either = [name for name in (one.name, one.fallback) if name in columns]
            table = table.with_columns(pl.coalesce(either).alias(one.name))
    # null is a non-finite number: as NaN it makes the mean NaN, while a mean over the other models
    # would hide it
    each = table.with_columns(pl.exclude("run").fill_null(float("nan")))
    # the rows of a group side by side and in one order, else sums differ in their last bits
    each = each.sort("run", "update", "model")
    at = each.group_by("run", "update", maintain_order=True)
    means, ends = by_run(at.agg(pl.exclude("model").mean(), pl.len().alias("models")), len(runs))
    counts = [logs.row_count for logs in of_run]
    consistency.all_ended(ended, means, ends)
    consistency.of_models(ended, each["model"].to_numpy(), counts)
    ends_of_models = [0, *accumulate(counts)]
    by_model = cache(lambda: each.sort("run", "model", "update").drop("run"))
    first = 0
    for arm in arms:
        run_of = {seed: run for run, seed in enumerate(arm.stored, first)}
        arm.rows = RowsBySeed(run_of, ends, lambda: means)
        arm.models = RowsBySeed(run_of, ends_of_models, by_model)
        first += len(run_of)


class RowsBySeed(Mapping[int, pl.DataFrame]):
    """{seed: the rows of its run}, cut out of the rows of all runs when first asked for: most are not."""

    def __init__(
        self, run_of: dict[int, int], ends: Sequence[int], rows: Callable[[], pl.DataFrame]
    ):
        """run_of: {seed: the number of its run}. ends: where each run begins in `rows`, and the end of the last."""
        self.run_of, self.ends, self.rows = run_of, ends, rows
        self.cut: dict[int, pl.DataFrame] = {}

    def __getitem__(self, seed: int) -> pl.DataFrame:
        if seed not in self.cut:
            run = self.run_of[seed]
            first, end = self.ends[run], self.ends[run + 1]
            # a run that diverged before its first row has none
            self.cut[seed] = self.rows().slice(first, end - first)
        return self.cut[seed]

    def __iter__(self) -> Iterator[int]:
        return iter(self.run_of)

    def __len__(self) -> int:
        return len(self.run_of)


def by_run(rows: pl.DataFrame, runs: int) -> tuple[pl.DataFrame, list[int]]:
    """Rows sorted by run, without its number; where each run begins, and the end of the last, (runs + 1,)."""
    return rows.drop("run"), np.searchsorted(rows["run"], np.arange(runs + 1)).tolist()


def rows_of_model(rows: pl.DataFrame, model: int) -> pl.DataFrame:
    """The rows of one model, of rows in the order of their models; `filter` is much slower."""
    first, end = np.searchsorted(rows["model"].to_numpy(), (model, model + 1))
    return rows.slice(first, end - first)


def charted(rows: list[pl.DataFrame]) -> list[str]:
    """The metrics to chart of runs of one arm, without those equal to their fallback."""
    of = {
        y: np.concatenate([one[y].to_numpy() for one in rows])
        for y in metrics.CHARTED
        if y in rows[0].columns  # of every seed
    }
    found = [y for y, values in of.items() if np.isfinite(values).any()]
    return [
        y
        for y in found
        if not (like := metrics.metric(y).fallback)
        or not np.array_equal(of[y], of[like], equal_nan=True)
    ]
