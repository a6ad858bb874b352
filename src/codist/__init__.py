"""Codistillation: n models trained at once, each pulled towards what the others predict.

`codist.Peers` adds it to a training loop of one's own; the reference loop is `codist.train`, its
log `codist.runlog`. Importing this package imports nothing heavy: torch comes with the first use of
Peers.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codist.peers import Peers

__all__ = ["Peers"]


def __getattr__(name: str):
    if name != "Peers":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codist.peers import Peers

    return Peers
