"""An all_to_all whose large messages gloo carries in both directions at once."""

import torch.distributed as dist
from torch import Tensor

LARGE = 32_768  # bytes; on a fast link single messages take some 100 microseconds longer than gloo's all_to_all


def swap(
    into: Tensor, sent: Tensor, sizes_into: list[int], sizes_sent: list[int], group
) -> list[dist.Work]:
    """dist.all_to_all_single of vectors; returns what `wait` waits for.

    gloo's all_to_all posts sends before receives. Then the later of two ranks asks for its data
    behind what it sends, and a slow link carries one direction at a time. So receives of large
    messages are posted first (`python -m bench links`).
    """
    # the largest is the same in all ranks
    if max(*sizes_into, *sizes_sent) * sent.element_size() < LARGE:
        work = dist.all_to_all_single(into, sent, sizes_into, sizes_sent, group, async_op=True)
        return [work]
    own, received, pieces = group.rank(), into.split(sizes_into), sent.split(sizes_sent)
    received[own].copy_(pieces[own])
    others = [r for r in range(len(pieces)) if r != own]
    operations = [dist.P2POp(dist.irecv, received[r], group=group, group_peer=r) for r in others]
    operations += [dist.P2POp(dist.isend, pieces[r], group=group, group_peer=r) for r in others]
    return dist.batch_isend_irecv(operations) if operations else []


def wait(works: list[dist.Work]) -> None:
    for work in works:
        work.wait()
