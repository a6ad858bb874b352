"""Power: the chance that a test with these seeds decides, and the distance from the margin it needs.

Both are for the spread and number of seeds of the runs, by the noncentral t distribution. The power
at the observed gap only says how far it was from the margin; the detectable distance was the test's
resolution, whatever the gap.
"""

from math import exp, inf, log

from scipy.special import nctdtr, nctdtrinc, stdtrit

from figures.evidence.interval import UPPER
from figures.evidence.margin import Evidence

WANTED = 0.8  # the power that the plan's numbers of seeds were chosen for


def on_scale(evidence: Evidence, value: float) -> float:
    """A gap or an end of the margin where it is compared: of a ratio the logarithm."""
    if not evidence.ratio:
        return value
    return -inf if value <= 0 else log(value) if value < inf else inf


def standard_error(evidence: Evidence) -> float:
    """That of the gap, on its scale: half the interval by the quantile of t. For ranks about so."""
    low, high = (on_scale(evidence, end) for end in (evidence.low, evidence.high))
    return (high - low) / 2 / float(stdtrit(evidence.freedom, UPPER))


def clears(evidence: Evidence, errors: float) -> float:
    """The chance that an interval is on one side of an end that many standard errors off."""
    if errors in (inf, -inf):
        return float(errors > 0)
    return 1 - float(nctdtr(evidence.freedom, errors, stdtrit(evidence.freedom, UPPER)))


def power(evidence: Evidence) -> float:
    """The chance that new runs with as many seeds hold or fail, if the true gap is the observed one."""
    gap, lowest, highest = (
        on_scale(evidence, value) for value in (evidence.gap, evidence.lowest, evidence.highest)
    )
    error = standard_error(evidence)
    above, below = (gap - lowest) / error, (highest - gap) / error
    holds = max(0.0, clears(evidence, above) + clears(evidence, below) - 1)
    return holds + clears(evidence, -above) + clears(evidence, -below)


def to_margin(evidence: Evidence) -> float:
    """The distance of the gap to the nearer end of the margin; of a ratio the factor, above 1."""
    ends = (on_scale(evidence, end) for end in (evidence.lowest, evidence.highest))
    return shown(evidence, min(abs(on_scale(evidence, evidence.gap) - end) for end in ends))


def detectable(evidence: Evidence) -> float:
    """The distance of the true gap to an end of the margin that is decided with a power of WANTED."""
    quantile = stdtrit(evidence.freedom, UPPER)
    errors = float(nctdtrinc(evidence.freedom, 1 - WANTED, quantile))
    return shown(evidence, errors * standard_error(evidence))


def shown(evidence: Evidence, distance: float) -> float:
    return exp(distance) if evidence.ratio else distance
