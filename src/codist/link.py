"""The rate of a link, as 1Gb, and the time of an update over it. Needs no torch."""

import re

from codist.errors import Refused

UNITS = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3}
RATE = re.compile(rf"(\d+(?:\.\d+)?|\.\d+)([{''.join(UNITS)}])b")


def rate_of(text: str) -> float:
    """The bits a second that `text` names: 1e9 of 1Gb. Raises Refused if it is no rate."""
    found = RATE.fullmatch(text)
    if not found or not float(found[1]):
        raise Refused(
            f"link={text}: expected bits a second; write 100Mb, 1Gb or 10Gb{advice(text)}"
        )
    return float(found[1]) * UNITS[found[2]]


def advice(text: str) -> str:
    """What a rate in bytes is in bits; otherwise nothing."""
    if (bits := RATE.fullmatch(text.removesuffix("/s").removesuffix("B") + "b")) and "B" in text:
        return f" ({text} is {8 * float(bits[1]):g}{bits[2]}b)"
    return ""


def readable(rate: float) -> str:
    """A rate in words: 1 Gb/s, 100 Mb/s."""
    return f"{rate / 1e9:g} Gb/s" if rate >= 1e9 else f"{rate / 1e6:g} Mb/s"


def update_seconds(compute: float, bits: float, rate: float) -> float:
    """The modelled time of an update: compute, then its bits over the link, without latency or overlap.

    `python -m bench network` compares it with measured times.
    """
    return compute + bits / rate
