"""Rules for every figure: width, height of a panel, capped intervals, bands, names and labels."""

from collections.abc import Iterable, Sequence
from types import ModuleType

import numpy as np

from codist.metrics import METRICS
from figures.evidence.interval import half, standard_error

COLUMN, PAGE = 3.35, 7.0  # inches: one column of a paper of two, and both with their gap
HIGH = 1.75  # inches of a panel, if its module has no HIGH
MARGIN = 0.5  # inches beside the panels, for the numbers of the vertical axis
LISTED = 6  # lines in a legend; in a figure with more, each is labelled at its end
SHARES = {metric.name for metric in METRICS if metric.unit == "%"}
LEGEND, SMALL = 7, 6.5  # points: the letters of a legend, of a note in a panel
POINTS = 72  # an inch
LETTER = 0.56  # mean width of a letter of DejaVu Sans, of its size
EVERY, WRAPPED = 1.2, 19  # lines of text: distance, of its size; letters of a label in each
CONTRAST = 3.0  # of letters to white, at least: WCAG 2.1, 1.4.11


def width(module: ModuleType) -> float:
    """Inches: one column for a single panel, the page for more."""
    return COLUMN if module.PANELS == 1 else PAGE


def panel_width(axis) -> float:
    """Inches of one of the panels of a figure."""
    panels = len(axis.figure.axes)
    return (COLUMN if panels == 1 else PAGE) / panels - MARGIN


def panel_size(axis) -> tuple[float, float]:
    """Inches of a panel, its width and height; the sheet gives it its height before it is drawn."""
    return panel_width(axis), axis.figure.get_figheight()


def text_width(text: str, size: float) -> float:
    """Inches that a line of text takes, about."""
    return len(text) * LETTER * size / POINTS


def bounds(y: str) -> tuple[float, float]:
    """The least and the largest possible value of a metric: a share is between 0 and 100 %."""
    return (0.0, 100.0) if y in SHARES else (-np.inf, np.inf)


def interval(values: np.ndarray, y: str) -> tuple[float, float]:
    """The ends of the mean's 95 % interval, within the bounds of the metric y. values: (seeds,)."""
    low, high = np.clip(values.mean() + half(values) * np.array([-1, 1]), *bounds(y))
    return float(low), float(high)


def around(values: np.ndarray, y: str) -> np.ndarray:
    """(2, 1) the lengths of `interval` below and above the mean, as errorbar() takes them."""
    low, high = interval(values, y)
    return np.array([[values.mean() - low], [high - values.mean()]])


def band(values: np.ndarray, y: str) -> tuple[np.ndarray, np.ndarray]:
    """The ends (T,) of ±1 SE around the mean, within the bounds of y. values: (seeds, T)."""
    mean, error = values.mean(axis=0), standard_error(values)
    low, high = (np.clip(mean + sign * error, *bounds(y)) for sign in (-1, 1))
    return low, high


def both(ours: float, paper: float, before: str = "") -> str:
    """Our number and the paper's, if the scale changed it: 25 (paper: 625). before: of each."""
    return f"{before}{ours}" if ours == paper else f"{before}{ours} (paper: {before}{paper})"


def keep_bands(axis, claims: Iterable[Sequence[str]]) -> None:
    """Of more than two curves, keep the bands of the first claim with any arm in the panel.

    claims: the arms of each claim, first those of the one that answers the figure's question.
    """
    bands = {band.get_gid(): band for band in axis.collections if band.get_gid()}
    compared = next((arms for arms in claims if not bands.keys().isdisjoint(arms)), bands)
    if len(bands) > 2:
        for arm in bands.keys() - set(compared):
            bands[arm].remove()
