"""The final numbers of a run: those of its last row, and those that done.json has."""

import numpy as np
import polars as pl


def last_of(rows: pl.DataFrame, y: str) -> float:
    """y in the last of `rows`; NaN without it."""
    found = rows.get_column(y, default=None)
    return found[-1] if found is not None and len(found) else np.nan


def once(done: dict, y: str) -> float:
    """The mean over a run's models of a number that done.json has once for each model."""
    of_models = [final.get(y, np.nan) for final in done.get("final", {}).values()]
    return float(np.add.reduce(of_models)) / len(of_models) if of_models else np.nan


def of_model(done: dict, model: int) -> dict:
    """done.json with the final measurements of one model only."""
    finals = {name: final for name, final in done.get("final", {}).items() if name == str(model)}
    return done | {"final": finals}
