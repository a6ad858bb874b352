"""Models on the ranks of an existing process group, for codist.Peers."""

import json
from datetime import timedelta

import torch.distributed as dist

from codist.errors import Refused
from codist.grid import Grid


class ExistingGroup(Grid):
    """Rows and columns of the default process group, which the user's loop creates and destroys.

    alike: further arguments that must be equal in all ranks, by name. They are compared before any
    group is created, since ranks with different groups would wait for each other forever. Raises
    Refused without a process group, or if its ranks do not divide over n models; and, in all ranks,
    if their arguments differ.
    """

    def __init__(self, n: int, alike: dict[str, object]):
        if not dist.is_initialized():
            raise Refused("codist.Peers needs a process group; call init_process_group before it")
        rank, size, wait = dist.get_rank(), dist.get_world_size(), patience_of_the_loop()
        first, *others = from_all_ranks(
            {name: str(value) for name, value in ({"n": n} | alike).items()}
        )
        for other, given in enumerate(others, start=1):
            for name in (name for name in first if given[name] != first[name]):
                raise Refused(
                    f"all ranks must create Peers with the same {name}, got {first[name]} in rank 0 and "
                    f"{given[name]} in rank {other}; use one value in all ranks"
                )
        if size % n:
            raise Refused(
                f"{size} rank{'s' * (size > 1)} cannot share n={n} models; start a multiple of n: --nproc-per-node {n}"
            )
        super().__init__(n, devices=size // n)
        self.divide(rank, size, size // n, wait)


def patience_of_the_loop() -> timedelta | None:
    """The timeout given to init_process_group; None if the backend does not expose it, as `fake`."""
    group = dist.group.WORLD
    assert group is not None, "called only where there is a process group"
    # torch 2.7 to 2.10 have no public API for this
    backend = group._get_backend(group._device_types[0])
    backend = getattr(backend, "wrapped_pg", backend)  # under TORCH_DISTRIBUTED_DEBUG=DETAIL
    return getattr(backend.options, "_timeout", None)


def from_all_ranks(mine: dict) -> list[dict]:
    """Gather a dict from each rank, in order; over the store, which works for any device."""
    store = dist.distributed_c10d._get_default_store()
    rank, size = dist.get_rank(), dist.get_world_size()
    turn = store.add(f"codist.Peers of {rank}", 1)
    store.set(f"codist.Peers {turn} of {rank}", json.dumps(mine))
    keys = [f"codist.Peers {turn} of {other}" for other in range(size)]
    return [json.loads(one) for one in store.multi_get(keys)]
