"""Models on the ranks of a process group that somebody else's loop made, and will end (codist.peers)."""

import json
from datetime import timedelta

import torch.distributed as dist

from codist.errors import Refused
from codist.grid import Grid


class ExistingGroup(Grid):
    """Rows and columns of the process group that a loop of somebody else made, and will end (codist.peers).

    alike: what else must be given alike by all ranks, by name; it is compared before any group is
    made, since ranks that divide themselves otherwise would wait for each other without end. Raises
    Refused where there is no process group, where its ranks do not divide over n models, and in all
    ranks where they were not given the same.
    """

    def __init__(self, n: int, alike: dict[str, object]):
        if not dist.is_initialized():
            raise Refused(
                "codist.Peers divides the ranks of a process group; call init_process_group before it"
            )
        rank, size, wait = dist.get_rank(), dist.get_world_size(), patience_of_the_loop()
        first, *others = from_all_ranks(
            {name: str(value) for name, value in ({"n": n} | alike).items()}
        )
        for other, given in enumerate(others, start=1):
            for name in (name for name in first if given[name] != first[name]):
                raise Refused(
                    f"all ranks must make Peers with the same {name}, and rank 0 gives {first[name]}, rank "
                    f"{other} {given[name]}; give it alike in all of them"
                )
        if size % n:
            raise Refused(
                f"{size} ranks cannot share n={n} models; start a multiple of n: --nproc-per-node {n}"
            )
        super().__init__(n, devices=size // n)
        self.divide(rank, size, size // n, wait)


def patience_of_the_loop() -> timedelta | None:
    """What init_process_group was given as its timeout; None of a backend that keeps it to itself, as `fake` does."""
    group = dist.group.WORLD
    assert group is not None, "called only where there is a process group"
    backend = group._get_backend(
        group._device_types[0]
    )  # torch 2.7 to 2.10 have no public word for it
    backend = getattr(backend, "wrapped_pg", backend)  # under TORCH_DISTRIBUTED_DEBUG=DETAIL
    return getattr(backend.options, "_timeout", None)


def from_all_ranks(thing: dict) -> list[dict]:
    """What each rank tells, in their order; over the store, which needs to know nothing of devices."""
    store = dist.distributed_c10d._get_default_store()
    rank, size = dist.get_rank(), dist.get_world_size()
    turn = store.add(f"codist.Peers of {rank}", 1)
    store.set(f"codist.Peers {turn} of {rank}", json.dumps(thing))
    told = [f"codist.Peers {turn} of {other}" for other in range(size)]
    return [json.loads(one) for one in store.multi_get(told)]
