"""Axis ranges, and ticks at round numbers without exponents."""

import numpy as np


def limits(axis, seen: list[np.ndarray]) -> None:
    """Set the vertical range to show all of `seen`; on a logarithmic axis also round ticks."""
    # imported here, so that claims are evaluated without matplotlib
    from matplotlib.ticker import MaxNLocator

    values = np.concatenate([*seen, [np.nan]])
    log = axis.get_yscale() == "log"
    values = values[np.isfinite(values) & ((values > 0) | (not log))]
    if not len(values):
        return
    low, high = values.min(), values.max()
    if not log:
        edge = 0.06 * (high - low or abs(high) or 1.0)
        axis.set_ylim(low - edge, high + edge)
        return
    edge = max(high / low, 1.05) ** 0.06
    axis.set_ylim(low / edge, high * edge)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7)):
        ticks = [
            step * 10.0**decade
            for decade in decades
            for step in steps
            if low / edge <= step * 10.0**decade <= high * edge
        ]
        if len(ticks) >= 4:
            break
    else:  # less than a doubling: evenly spaced round numbers give more ticks
        ticks = [
            tick
            for tick in MaxNLocator(5).tick_values(low, high)
            if low / edge <= tick <= high * edge
        ]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_yticks([], minor=True)


def bits(axis, nothing: float | None = None) -> None:
    """Format a logarithmic horizontal axis of bits: 100, 1k, 10k; on a short one also 2k, 5k.

    nothing: where an arm that sends no bits is drawn; the axis is broken there, and its tick is 0.
    """
    from matplotlib.ticker import EngFormatter

    low, high = axis.get_xlim()
    low = low if nothing is None else nothing * 3
    subs = (1,) if high / low > 300 else (1, 2, 5)
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    shown = [sub * 10.0**at for at in decades for sub in subs if low <= sub * 10.0**at <= high]
    short = EngFormatter(sep="")
    texts = [short(tick) for tick in shown]
    if nothing is not None:
        shown, texts = [nothing, *shown], ["0", *texts]
        place = dict(ha="center", va="center", transform=axis.get_xaxis_transform(), size=7)
        axis.text(nothing * 2.2, 0, "//", **place)
    axis.set_xticks(shown, texts)
    axis.set_xticks([], minor=True)
    axis.set_xlim(axis.get_xlim()[0], high)
    axis.set_xlabel("bits that a device sends per update (counted)")


def bits_up(axis) -> None:
    """Format a logarithmic vertical axis of bits: 1M, 100M, 10G."""
    from matplotlib.ticker import EngFormatter, NullFormatter

    axis.yaxis.set_major_formatter(EngFormatter(sep=""))
    axis.yaxis.set_minor_formatter(NullFormatter())
