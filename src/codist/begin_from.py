"""Initialize networks from a finished run: each loads the first part of another arm's model 0."""

from pathlib import Path

from torch import nn

from codist import checkpoint, run_folder
from codist.errors import Refused, Unusable
from codist.states import state_of


def take_over(networks: dict[int, nn.Module], arm: str, folder: Path) -> str:
    """Load the final weights of `first` in model 0 of the run in `folder` into each network's `first`.

    Returns the digest of the checkpoint that holds them. arm: that run's arm, for error messages.
    Raises Refused if the networks have no `first`, or the run is not finished or its state is damaged.
    """
    if not all(hasattr(network, "first") for network in networks.values()):
        raise Refused(
            f"begin_from={arm} loads the `first` part of two-part networks, and these have none; "
            "set workload.splits, or remove begin_from"
        )
    weights, digest = first_of(folder)
    for network in networks.values():
        network.get_submodule("first").load_state_dict(weights)
    return digest


def first_of(folder: Path) -> tuple[dict, str]:
    """The state of `first` in model 0 of a finished run, and its checkpoint's digest. Raises Refused."""
    ended = run_folder.done(folder)
    if ended is None or not run_folder.ended_here(folder):
        raise Refused(
            f"{folder} has no finished run with its state, which this run starts from; the same command "
            "with -m before sweep= trains it first"
        )
    update = ended["update"]
    try:
        network = checkpoint.read(state_of(folder / "state", update))["models"][0]["network"]
    except (Unusable, LookupError, TypeError) as error:
        raise Refused(
            f"{folder}/state is damaged, and this run starts from it; move {folder} away and train it "
            "again"
        ) from error
    first = {
        name.removeprefix("first."): value
        for name, value in network.items()
        if name.startswith("first.")
    }
    return first, checkpoint.digest(folder / "state", update)
