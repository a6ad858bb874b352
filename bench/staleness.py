"""Peers through files: the simulated mean age of a heard checkpoint over the formula of codist/store_use.py.

The settings, and the table of docs/files.md. bench/groups.py has the simulation.
"""

from bench.groups import simulated
from codist.codecs import CODECS
from codist.store_notes import clock, readable
from codist.store_use import StoreUse

TOLERANCE = 0.1

# 64 groups of a model of 1e9 weights. An update takes 1.5 s, and a third of it more for each peer,
# whose stale copy makes a forward pass.
BILLION, WEIGHTS, GIGABIT, UPDATE = 64, 10**9, 1e9, 1.5
OFTEN = dict(between_failures=6 * 3600.0, restart=1200.0)  # as on machines that may be taken away


def billion(codec: str, period: int, peers: int, **failures: float) -> StoreUse:
    bits = CODECS[codec].weights_bits(WEIGHTS)
    return StoreUse(BILLION, peers, bits, period, UPDATE * (1 + peers / 3), GIGABIT, **failures)


FEW = {
    "2 groups, no link's rate": StoreUse(2, 1, 1e9, 100, 1.0),
    "4 groups, all peers, 1 Gb/s": StoreUse(4, 3, 1e9, 100, 1.0, GIGABIT),
    "4 groups, all peers, 10 Mb/s": StoreUse(4, 3, 1e9, 100, 1.0, 1e7),
}
WORKED = {
    (peers, codec, period, bool(failures)): billion(codec, period, peers, **failures)
    for peers, codec, period, failures in (
        *(
            (2, codec, period, {})
            for period in (1000, 100, 30, 10)
            for codec in ("full", "half", "int8")
        ),
        (2, "half", 1000, OFTEN),
        (2, "half", 100, OFTEN),
        *((63, codec, 100, {}) for codec in ("full", "half", "int8")),
        *((63, codec, 30, {}) for codec in ("full", "half", "int8")),
    )
}
COLUMNS = (
    "peers", "codec", "T", "write, a group", "read, a group", "seconds to read", "share heard", "age, updates",
    "age, s", "simulated",
)  # fmt: skip


def label(peers: int, codec: str, period: int, fail: bool) -> str:
    return f"64 groups, {peers} peers, {codec}, T={period}{', failures' if fail else ''}"


def row(peers: int, codec: str, period: int, fail: bool, ratio: float) -> str:
    """A row of the table in docs/files.md. ratio: of simulation to formula."""
    use = WORKED[peers, codec, period, fail]
    size = use.bits / 8
    cells = (
        peers, codec, f"{period:,}{' †' if fail else ''}", readable(use.puts * size), readable(use.gets * size),
        f"{use.read_seconds:,.0f}", f"{1 / use.heard_every:.0%}", f"{use.age_updates:,.0f}",
        f"{use.age_seconds:,.0f}", f"{ratio:.2f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def run(line) -> None:
    bounds = dict(at_least=1 - TOLERANCE, at_most=1 + TOLERANCE)
    for what, use in FEW.items():
        line(f"{what}: {clock(use.age_seconds)}", simulated(use) / use.age_seconds, **bounds)
    rows = []
    for case, use in WORKED.items():
        ratio = simulated(use) / use.age_seconds
        line(f"{label(*case)}: {clock(use.age_seconds)}", ratio, **bounds)
        rows.append(row(*case, ratio))
    print("", f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}", *rows, sep="\n")
