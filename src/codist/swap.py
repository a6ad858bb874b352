"""An all_to_all whose large messages gloo carries in both directions at once."""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor

LARGE = 32_768  # bytes; on a fast link single messages take some 100 microseconds longer than gloo's all_to_all


def swap(into: Tensor, sizes: list[int], pieces: Sequence[Tensor], group) -> list[dist.Work]:
    """Send pieces[r] to rank r of the group; the vector `into` gets sizes[r] numbers from rank r, in their order.

    Returns what `wait` waits for. gloo's all_to_all posts sends before receives. Then the later of
    two ranks asks for its data behind what it sends, and a slow link carries one direction at a
    time. So receives of large messages are posted first (`python -m bench links`).
    """
    sent = [len(one) for one in pieces]
    # the largest is the same in all ranks
    if max(*sizes, *sent) * into.element_size() < LARGE:
        return [
            dist.all_to_all_single(into, torch.cat(list(pieces)), sizes, sent, group, async_op=True)
        ]
    own, received = group.rank(), into.split(sizes)
    received[own].copy_(pieces[own])
    others = [r for r in range(len(pieces)) if r != own]
    operations = [dist.P2POp(dist.irecv, received[r], group=group, group_peer=r) for r in others]
    operations += [dist.P2POp(dist.isend, pieces[r], group=group, group_peer=r) for r in others]
    return dist.batch_isend_irecv(operations) if operations else []


def wait(works: list[dist.Work]) -> None:
    for work in works:
        work.wait()
