"""The rows of a run as columns of short numbers, for the page's JSON."""

from collections.abc import Collection

import numpy as np
import polars as pl

DIGITS = 5  # significant digits of numbers in the rows; paper/results has full precision


def packed(rows: pl.DataFrame, without: Collection[str]) -> dict:
    """{column: [[a number per row] per model]}; equal models are merged, then equal rows."""
    if rows.is_empty():  # a run that diverged before its first row
        return {}
    columns = [name for name in rows.columns if name not in ("model", *without)]
    table = rounded(table_of(rows, columns), DIGITS)
    first, *others = np.split(table, np.flatnonzero(np.diff(rows["model"])) + 1)
    finite, constant = np.isfinite(table).any(0), (first == first[0]).all(0)
    alike = np.all([equal(first, other) for other in (first, *others)], axis=0)
    found = {}
    for at, name in enumerate(columns):
        if not finite[at]:
            continue
        if not alike[at]:
            found[name] = [numbers(one[:, at]) for one in (first, *others)]
        else:
            found[name] = numbers(first[:1, at])[0] if constant[at] else [numbers(first[:, at])]
    return found


def equal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(columns,) whether all their rows are equal in a column."""
    if one.shape != other.shape:
        return np.zeros(one.shape[1], bool)
    return ((one == other) | (np.isnan(one) & np.isnan(other))).all(0)


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
