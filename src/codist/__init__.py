"""Codistillation: n models train concurrently, and each learns to match the others' predictions.

`codist.Peers` adds it to your own training loop. `codist.train` is the reference loop,
`codist.runlog` its log, `codist.run_folder` reads it. Importing this package does not import torch;
the first use of Peers does.
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
