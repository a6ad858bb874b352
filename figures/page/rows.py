"""The rows of a run as columns of short numbers, for the page's JSON."""

from collections.abc import Collection

import numpy as np
import polars as pl

DIGITS = 5  # significant digits of numbers in the rows; paper/results has full precision


def packed(rows: pl.DataFrame, without: Collection[str]) -> dict:
    """{column: [[a number per row] per model]}; equal models are merged, then equal rows."""
    if rows.is_empty():  # a run that diverged before its first row
        return {}
    model = rows["model"].to_numpy()
    columns = [name for name in rows.columns if name not in ("model", *without)]
    table = rounded(table_of(rows, columns), DIGITS)
    models = [table[model == which] for which in np.unique(model)]
    found = {}
    for at, name in enumerate(columns):
        first, *others = [one[:, at] for one in models]
        if not any(np.isfinite(one).any() for one in (first, *others)):
            continue
        if not all(np.array_equal(first, other, equal_nan=True) for other in others):
            found[name] = [numbers(one[:, at]) for one in models]
        else:
            found[name] = numbers(first[:1])[0] if (first == first[0]).all() else [numbers(first)]
    return found


def table_of(rows: pl.DataFrame, columns: list[str]) -> np.ndarray:
    """(rows, columns); in thousands of small frames, `select` takes most of the time."""
    return np.column_stack([rows[name].to_numpy() for name in columns])


def rounded(table: np.ndarray, digits: int) -> np.ndarray:
    """Each number with `digits` significant digits, as Python writes them; whole numbers as they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = digits - 1 - np.floor(np.log10(np.abs(table)))
        up, down = (10.0 ** np.clip(some, 0, 22) for some in (places, -places))  # exact powers
        return np.where(table == np.rint(table), table, np.rint(table * up / down) / up * down)


def numbers(column: np.ndarray) -> list[float | int | None]:
    """For JSON: 3 instead of 3.0 if all are whole, null if not finite."""
    finite = np.isfinite(column)
    if not finite.all():
        return [
            value if there else None for value, there in zip(column.tolist(), finite, strict=True)
        ]
    return (column.astype(int) if (column == np.rint(column)).all() else column).tolist()
