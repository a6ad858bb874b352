"""Networks that begin from another run: each takes over the first part of model 0 of an arm that is finished."""

from pathlib import Path

from torch import nn

from codist import checkpoint, runlog
from codist.errors import Refused, Unusable
from codist.states import state_of


def take_over(networks: dict[int, nn.Module], arm: str, folder: Path) -> str:
    """Give each network's `first` the weights of `first` in model 0 of the run in `folder`, as it ended.

    Gives the digest of the save that holds them. arm: the run's, for messages. Raises Refused.
    """
    if not all(hasattr(network, "first") for network in networks.values()):
        raise Refused(
            f"begin_from={arm} takes over the `first` of networks in two parts, and these "
            "are not cut so; set workload.splits, or leave begin_from out"
        )
    learned, digest = first_of(folder)
    for network in networks.values():
        network.get_submodule("first").load_state_dict(learned)
    return digest


def first_of(folder: Path) -> tuple[dict, str]:
    """The state of `first` in model 0 of a finished run, and the digest of the save that holds it. Raises Refused."""
    ended = runlog.done(folder)
    if ended is None or not runlog.ended_here(folder):
        raise Refused(
            f"{folder} has no finished run with its state, and this one begins from it; the same command "
            "with -m before sweep= makes it first"
        )
    update = ended["update"]
    try:
        network = checkpoint.read(state_of(folder / "state", update))["models"][0]["network"]
    except (Unusable, LookupError, TypeError) as error:
        raise Refused(
            f"{folder}/state is damaged, and this run begins from it; move {folder} away and make it "
            "again"
        ) from error
    first = {
        name.removeprefix("first."): value
        for name, value in network.items()
        if name.startswith("first.")
    }
    return first, checkpoint.digest(folder / "state", update)
