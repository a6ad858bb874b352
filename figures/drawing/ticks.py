"""The ranges of axes, and ticks at round, plain numbers."""

import numpy as np


def limits(axis, seen: list[np.ndarray]) -> None:
    """The vertical range that shows all of `seen`; on a logarithmic axis with ticks at round, plain numbers."""
    from matplotlib.ticker import MaxNLocator  # here, for the claims are judged without matplotlib

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
    else:  # less than a doubling, where round numbers that are evenly apart are more
        ticks = [
            tick
            for tick in MaxNLocator(5).tick_values(low, high)
            if low / edge <= tick <= high * edge
        ]
    axis.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axis.set_yticks([], minor=True)


def bits(axis) -> None:
    """A logarithmic horizontal axis of bits, in plain numbers: 100, 1k, 10k; 2k and 5k too where it is short."""
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    low, high = axis.get_xlim()
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0,) if high / low > 300 else (1.0, 2.0, 5.0)))
    axis.xaxis.set_major_formatter(EngFormatter(sep=""))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set_xlabel("bits that a device sends per update, as counted in the runs")


def bits_up(axis) -> None:
    """A logarithmic vertical axis of bits, in plain numbers: 1M, 100M, 10G."""
    from matplotlib.ticker import EngFormatter, NullFormatter

    axis.yaxis.set_major_formatter(EngFormatter(sep=""))
    axis.yaxis.set_minor_formatter(NullFormatter())
