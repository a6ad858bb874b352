"""Rows and columns of ranks: a row holds one model, a column the same shard of every model."""

from collections.abc import Callable
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from codist.gradients import tree_sum
from codist.row import Row
from codist.swap import swap, wait
from codist.world import World, bits


class Grid(World):
    """Rank r holds shard r % m of model r // m.

    row i     ranks i*m .. i*m + m-1: one model; DDP averages its gradient over the row
    column s  ranks s, m+s, 2m+s ...: shard s of every model; `share` sends along the column
    """

    def divide(self, rank: int, size: int, m: int, wait: timedelta | None) -> None:
        """Create the process groups of rows and columns. wait: their timeout; None: torch's default."""
        rows = [dist.new_group(range(i * m, i * m + m), timeout=wait) for i in range(self.n)]
        columns = [dist.new_group(range(s, size, m), timeout=wait) for s in range(m)]
        self.rank, self.ranks, self.shard, self.shards = rank, size, rank % m, m
        self.nth = rank // m  # of the models of this world, which need not begin with model 0
        self.mine = range(self.first + self.nth, self.first + self.nth + 1)
        self.row, self.column = rows[self.nth], columns[self.shard]
        self.placement = f"{size} ranks: {self.n} models x {m} shards"

    def wrap(self, network, gradients):
        if self.shards == 1:
            return network
        wrapped = DistributedDataParallel(
            network, process_group=self.row, broadcast_buffers=False, gradient_as_bucket_view=True
        )

        def count(payload: int) -> None:
            self.bits["moved_all_reduce"] += payload

        wrapped.register_comm_hook(
            Row(self.row, self.shard, self.shards, gradients, count), Row.send
        )
        return wrapped

    def share(self, sent, peers, part=None):
        self.bits["moved_exchange"] += len(peers[self.nth]) * bits(sent[self.nth])
        return super().share(sent, peers, part)

    def move(self, sent: list[Tensor], peers=None) -> Callable[[], object]:
        if peers and len(senders := peers[self.nth]) < self.n - 1:
            mine = sent[self.nth]
            receivers = [i for i in range(self.n) if self.nth in peers[i]]
            operations = [
                dist.P2POp(dist.isend, mine, i * self.shards + self.shard, self.column)
                for i in receivers
            ]
            operations += [
                dist.P2POp(dist.irecv, sent[j], j * self.shards + self.shard, self.column)
                for j in senders
            ]
            work = dist.batch_isend_irecv(operations) if operations else []
        elif len({(tensor.shape, tensor.dtype) for tensor in sent}) == 1:
            # one collective for all models; it must not write to `mine`, which autograd may need
            mine = sent[self.nth]
            into = [torch.empty_like(one) if one is mine else one for one in sent]
            work = [dist.all_gather(into, mine, group=self.column, async_op=True)]
        else:
            owners = [j * self.shards + self.shard for j in range(self.n)]
            work = [
                dist.broadcast(sent[j], owners[j], self.column, async_op=True)
                for j in range(self.n)
            ]
        return lambda: [one.wait() for one in work]

    def total(self, of_mine):
        """Each rank sums one piece of the tensors of its column, and sends the sum to all of it."""
        mine = of_mine[self.mine[0]].contiguous()
        pieces = mine.flatten().tensor_split(self.n)
        sizes = [len(piece) for piece in pieces]
        own = sizes[self.nth]
        received = mine.new_empty(self.n * own)
        wait(swap(received, [own] * self.n, pieces, self.column))
        total = tree_sum(list(received.view(self.n, own)))
        everything = torch.empty_like(mine)
        wait(swap(everything.view(-1), sizes, [total] * self.n, self.column))
        # in both transfers to the other ranks of the column
        self.bits["moved_all_reduce"] += bits(mine) + (self.n - 2) * bits(total)
        return everything
