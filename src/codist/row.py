"""DDP communication hook that sums a model's gradient over its row in the order of codist.gradients.

Each rank receives one piece of every bucket from all ranks, sums it in the order of the tree, and
sends the sum to all of them. A rank sends 2 (m-1)/m of the gradient, as in a ring all_reduce, whose
order of summation would differ. The first transfer overlaps with backward, the second follows it.
"""

import torch
import torch.distributed as dist
from torch import Tensor

from codist.gradients import Gradients, TreeSum, tree_sum
from codist.swap import swap, wait


class Row:
    """The ranks that hold one model. count(bits): called with the payload that this rank sends."""

    def __init__(self, group, shard: int, shards: int, gradients: Gradients, count):
        self.group, self.shard, self.shards, self.gradients, self.count = (
            group,
            shard,
            shards,
            gradients,
            count,
        )
        self.place = {id(one): index for index, one in enumerate(gradients.parameters)}
        # transfers of this backward: (works, received, the bucket's buffer, sizes of its pieces)
        self.sent: list[tuple] = []
        gradients.arrive = self.arrive

    def send(self, bucket: dist.GradBucket) -> torch.futures.Future[Tensor]:
        """Send each rank its piece of this rank's branches of the tree."""
        buffer = bucket.buffer()
        branches = self.branches(bucket)
        sizes = [len(piece) for piece in buffer.tensor_split(self.shards)]
        mine, many = sizes[self.shard], len(branches)
        payload = buffer
        if many > 1:
            parts = torch.stack(branches).tensor_split(self.shards, dim=1)
            payload = torch.cat([part.flatten() for part in parts])
        received = torch.empty(self.shards * many * mine, dtype=buffer.dtype, device=buffer.device)
        self.count(8 * buffer.element_size() * many * (len(buffer) - mine))
        pieces = payload.split([many * size for size in sizes])
        works = swap(received, [many * mine] * self.shards, pieces, self.group)
        self.sent.append((works, received.view(self.shards, many, mine), buffer, sizes))
        done: torch.futures.Future[Tensor] = torch.futures.Future()
        done.set_result(buffer)  # `arrive` waits for the works
        return done

    def branches(self, bucket: dist.GradBucket) -> list[Tensor]:
        """This rank's partial sums of a bucket, flat, in the buffer's layout; a single one is the buffer."""
        views = bucket.gradients()
        indices = [self.place[id(one)] for one in bucket.parameters()]
        tree = TreeSum(self.gradients.parts)
        tree.held = {
            node: {index: held[index] for index in indices}
            for node, held in self.gradients.sum.held.items()
        }
        tree.add(dict(zip(indices, views, strict=True)), self.gradients.part)
        *others, (newest, _) = tree.held.items()
        if not others:
            return [bucket.buffer()]
        flat = {newest: bucket.buffer().clone()}  # its sum was computed in the bucket's views
        for node, terms in others:
            torch._foreach_copy_(views, [terms[index] for index in indices])
            flat[node] = bucket.buffer().clone()
        return [flat[node] for node in sorted(flat)]

    def arrive(self) -> None:
        """Sum this rank's pieces and send them to all, which completes the sum over all parts."""
        transfers = []
        for works, received, buffer, sizes in self.sent:
            wait(works)
            many = received.shape[1]
            total = tree_sum(
                [
                    received[part % self.shards, part // self.shards]
                    for part in range(self.shards * many)
                ]
            )
            self.count(8 * total.nbytes * (self.shards - 1))
            transfers += swap(buffer, sizes, [total] * self.shards, self.group)
        wait(transfers)
        self.sent = []
