"""The use of a store in words, as `plan` prints it: bytes, requests, storage, age. Needs no torch."""

from codist import link
from codist.store_use import StoreUse

UNITS = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12}


def lines(use: StoreUse) -> list[str]:
    """What `plan` prints about the store, a line each."""
    size, n, of_file = use.bits / 8, use.groups, readable(use.bits / 8)
    found = [
        f"{n} groups, each learns from {use.peers}; {of_file} a checkpoint, one every "
        f"{use.period:,} updates ({clock(use.period_seconds)}); {readable(use.stored_bytes)} kept",
        f"to the store: {readable(use.puts * size)} an hour from each group, {readable(n * use.puts * size)} "
        f"in all; from it: {readable(use.gets * size)} and {readable(n * use.gets * size)}",
        f"requests an hour, in all: {n * use.puts:,.0f} PUT, {n * use.gets:,.0f} GET, {n * use.lists:,.0f} LIST",
    ]
    if use.link:
        found.append(
            f"at {link.readable(use.link)} a group: {clock(use.transfer_seconds)} to write a checkpoint, "
            f"{clock(use.read_seconds)} to read one of each peer"
        )
    if use.heard_every > 1:
        fewer = " or exchange.peers=ring" if use.peers > 2 else ""
        found.append(
            f"that is too slow, {1 / use.heard_every:.0%} of what a peer publishes is heard; set "
            f"exchange.period={use.enough} or more, a smaller exchange.codec{fewer}"
        )
    without = (
        "" if use.link else ", without transfers; set place.link to the bits a second of a group"
    )
    found.append(
        f"age of a peer's checkpoint in use: {use.age_updates:,.0f} updates ({clock(use.age_seconds)}) "
        f"on average{without}"
    )
    return found


def readable(size: float) -> str:
    """Bytes with three digits: 4 GB, 1.23 MB."""
    units = [unit for unit, least in UNITS.items() if size >= least]
    unit = units[-1] if units else "B"
    return f"{float(f'{size / UNITS[unit]:.3g}'):,g} {unit}"


def clock(seconds: float) -> str:
    """Seconds with three digits, or without a fraction: 0.256 s, 2,016 s."""
    return f"{seconds:,.0f} s" if seconds >= 100 else f"{seconds:.3g} s"
