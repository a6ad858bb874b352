"""The committed results, read once in a process: the beds' ledgers and the report's material."""

from functools import cache

from figures.evidence import beds
from figures.report import material


@cache
def ledgers():
    """The ledger of each bed."""
    return beds.ledgers()


@cache
def shipped():
    """All that the report is made of."""
    return material.read_all()
