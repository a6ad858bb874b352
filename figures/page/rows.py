"""The rows of a run as columns of short numbers, for the page's JSON."""

from collections.abc import Collection

import numpy as np
import polars as pl

DIGITS = 5  # significant digits of numbers in the rows; paper/results has full precision
POWERS = 10.0 ** np.arange(23)  # all that are exact


def packed(rows: pl.DataFrame, without: Collection[str]) -> dict:
    """{column: [[a number per row] per model]}; equal models are merged, then equal rows."""
    if rows.is_empty():  # a run that diverged before its first row
        return {}
    columns = [name for name in rows.columns if name not in ("model", *without)]
    table = table_of(rows, columns)
    there = np.flatnonzero(np.isfinite(table).any(0))
    first, *others = np.split(
        rounded(table[:, there], DIGITS), np.flatnonzero(np.diff(rows["model"])) + 1
    )
    constant = (first == first[0]).all(0).tolist()
    alike = np.ones(len(there), bool)
    for other in others:
        alike &= equal(first, other)
    each = zip(*map(numbers, (first, *others)), strict=True)
    found = {}
    for column, one, merged, of_models in zip(there, constant, alike, each, strict=True):
        if not merged:
            found[columns[column]] = list(of_models)
        else:
            found[columns[column]] = of_models[0][0] if one else [of_models[0]]
    return found


def equal(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(columns,) whether all their rows are equal in a column."""
    if one.shape != other.shape:
        return np.zeros(one.shape[1], bool)
    return ((one == other) | (np.isnan(one) & np.isnan(other))).all(0)


def table_of(rows: pl.DataFrame, columns: list[str]) -> np.ndarray:
    """(rows, columns); in thousands of small frames, `select` and DataFrame.to_numpy take most of the time."""
    of = dict(zip(rows.columns, rows.get_columns(), strict=True))
    return np.array([of[name].to_numpy() for name in columns]).T


def rounded(table: np.ndarray, digits: int) -> np.ndarray:
    """Each number with `digits` significant digits, as Python writes them; whole numbers as they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        places = (digits - 1 - np.floor(np.log10(np.abs(table)))).astype(int)
        up, down = (POWERS.take(some, mode="clip") for some in (places, -places))
        return np.where(table == np.rint(table), table, np.rint(table * up / down) / up * down)


def numbers(table: np.ndarray) -> list[list]:
    """Each column for JSON: 3 instead of 3.0 if all of it are whole, null if not finite."""
    finite = np.isfinite(table)
    complete = finite.all(0)
    whole = complete & (table == np.rint(table)).all(0)
    found = table.T.tolist()
    for at, column in zip(
        np.flatnonzero(whole), table[:, whole].astype(int).T.tolist(), strict=True
    ):
        found[at] = column
    for at in np.flatnonzero(~complete):
        there = finite[:, at].tolist()
        found[at] = [
            value if is_there else None for value, is_there in zip(found[at], there, strict=True)
        ]
    return found
