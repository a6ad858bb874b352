"""The same world over many processes: each model on a row of ranks. The only file that knows torch.distributed."""

import json
import os
from collections.abc import Callable
from datetime import timedelta
from itertools import chain, zip_longest

import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.parallel import DistributedDataParallel

from codist.errors import Refused
from codist.presence import Presence
from codist.row import Row
from codist.world import OneProcess, bits, shards_of

STARTED = timedelta(minutes=5)  # for all ranks to be started: not all nodes are equally fast


def join(n: int, devices: int = 1, servers: int = 1, device: str = "cpu", patience: float = 60.0) -> OneProcess:
    """The world this process was started into: as RANK, WORLD_SIZE, MASTER_ADDR of torchrun or Slurm say, or alone.

    patience: seconds after which a rank that does not answer is given up.
    Raises Refused where n models of `devices` device batches do not divide over the ranks.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return OneProcess(n, devices, servers, device)
    return Distributed(n, devices, servers, device, patience)


class Distributed(OneProcess):
    """Rank r holds shard r % m of model r // m (DESIGN §5).

    row i     ranks i*m .. i*m + m-1: one model; its gradient is averaged along it in backward (DDP)
    column s  ranks s, m+s, 2m+s ...: shard s of every model; `share` goes along it
    """

    def __init__(self, n, devices, servers, device, patience):
        super().__init__(n, devices, servers, device)
        m = shards_of(int(os.environ["WORLD_SIZE"]), n, devices)
        backend, wait = "gloo", timedelta(seconds=patience)
        for_groups = wait
        if device != "cpu":
            self.device = f"cuda:{int(os.environ['LOCAL_RANK']) % torch.cuda.device_count()}"
            torch.cuda.set_device(self.device)
            backend = "cpu:gloo,cuda:nccl"  # gloo for what is told, collected and agreed
            for_groups = 2 * wait  # NCCL's watchdog ends a process and names no rank: `agree`, over gloo, must be first
        store, rank, size = next(dist.rendezvous("env://", timeout=max(wait, STARTED)))
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=wait)
        self.divide(rank, size, m, for_groups)
        self.presence = Presence(store, rank, size, patience)
        self.placement += f", {backend}"

    def divide(self, rank: int, size: int, m: int, wait: timedelta | None) -> None:
        """Make the groups and find this rank's place in them. wait: for a rank that does not answer; None: torch's."""
        rows = [dist.new_group(range(i * m, i * m + m), timeout=wait) for i in range(self.n)]
        columns = [dist.new_group(range(s, size, m), timeout=wait) for s in range(m)]
        self.rank, self.ranks, self.shard, self.shards = rank, size, rank % m, m
        self.mine = range(rank // m, rank // m + 1)
        self.row, self.column = rows[rank // m], columns[rank % m]
        self.said = None  # the word of the update before, on its way
        self.placement = f"{size} ranks: {self.n} models x {m} shards"

    def wrap(self, network, gradients):
        if self.shards == 1:
            return network
        wrapped = DistributedDataParallel(
            network, process_group=self.row, broadcast_buffers=False, gradient_as_bucket_view=True
        )

        def count(payload: int) -> None:
            self.bits["moved_all_reduce"] += payload

        wrapped.register_comm_hook(Row(self.row, self.shard, self.shards, gradients, count), Row.send)
        return wrapped

    def share(self, said, peers, part=None):
        self.bits["moved_exchange"] += len(peers[self.mine[0]]) * bits(said[self.mine[0]])
        return super().share(said, peers, part)

    def move(self, said: list[Tensor], peers=None) -> Callable[[], None]:
        if peers and len(heard := peers[self.mine[0]]) < self.n - 1:
            mine = said[self.mine[0]]
            ends = {j: j * self.shards + self.shard for j in heard}  # who hears whom is mutual
            asked = [dist.P2POp(dist.isend, mine, end, self.column) for end in ends.values()]
            asked += [dist.P2POp(dist.irecv, said[j], end, self.column) for j, end in ends.items()]
            work = dist.batch_isend_irecv(asked) if asked else []
        elif len({(tensor.shape, tensor.dtype) for tensor in said}) == 1:  # one collective for all models
            mine = said[self.mine[0]]
            into = [torch.empty_like(one) if one is mine else one for one in said]  # autograd may still need mine
            work = [dist.all_gather(into, mine, group=self.column, async_op=True)]
        else:
            owners = [j * self.shards + self.shard for j in range(self.n)]
            work = [dist.broadcast(said[j], owners[j], self.column, async_op=True) for j in range(self.n)]
        return lambda: [one.wait() for one in work]

    def align(self, tensors):
        if self.shards > 1 and tensors:
            first = self.mine[0] * self.shards
            for one in [dist.broadcast(tensor, first, self.row, async_op=True) for tensor in tensors]:
                one.wait()

    def pool(self, items):
        if self.shards == 1:
            return items
        found = [None] * self.shards
        dist.all_gather_object(found, items, group=self.row)
        absent = object()
        return [item for item in chain(*zip_longest(*found, fillvalue=absent)) if item is not absent]

    def collect(self, of_mine):
        if self.shard:
            return {}
        found = [None] * self.n if self.rank == 0 else None
        dist.gather_object(of_mine, found, dst=0, group=self.column)
        return {i: one for several in found for i, one in several.items()} if found else {}

    def same(self, thing):
        told = [thing]
        dist.broadcast_object_list(told, src=0)
        return told[0]

    def agree(self, word):
        before, mine = self.said, torch.tensor(word)
        self.said = (mine, dist.all_reduce(mine, dist.ReduceOp.MAX, async_op=True))
        if before is None:
            return 0
        before[1].wait()
        return before[0].item()

    def all_bits(self):
        totals = torch.tensor(list(self.bits.values()))
        dist.all_reduce(totals)
        return dict(zip(self.bits, totals.tolist(), strict=True))

    def meet(self):
        self.presence.meet()

    def missing(self):
        return self.presence.missing()

    def leave(self):
        if self.said:
            self.said[1].wait()
        dist.barrier()
        self.presence.left.set()
        dist.destroy_process_group()


class Guest(Distributed):
    """Rows and columns of the process group that a loop of somebody else made, and will end (codist.peers).

    alike: what else must be given alike by all ranks, by name; it is compared before any group is made, since ranks
    that divide themselves otherwise would wait for each other without end.
    Raises Refused where there is no process group, where its ranks do not divide over n models, and in all ranks where
    they were not given the same.
    """

    def __init__(self, n: int, alike: dict[str, object]):
        if not dist.is_initialized():
            raise Refused("codist.Peers divides the ranks of a process group; call init_process_group before it")
        rank, size, wait = dist.get_rank(), dist.get_world_size(), patience_of_the_loop()
        first, *others = told_by_all({name: str(value) for name, value in ({"n": n} | alike).items()})
        for other, given in enumerate(others, start=1):
            for name in (name for name in first if given[name] != first[name]):
                raise Refused(f"all ranks must make Peers with the same {name}, and rank 0 gives {first[name]}, rank "
                              f"{other} {given[name]}; give it alike in all of them")  # fmt: skip
        if size % n:
            raise Refused(f"{size} ranks cannot share n={n} models; start a multiple of n: --nproc-per-node {n}")
        OneProcess.__init__(self, n, devices=size // n)
        self.divide(rank, size, size // n, wait)


def patience_of_the_loop() -> timedelta | None:
    """What init_process_group was given as its timeout; None of a backend that keeps it to itself, as `fake` does."""
    group = dist.group.WORLD
    backend = group._get_backend(group._device_types[0])  # torch 2.7 to 2.10 have no public word for it
    backend = getattr(backend, "wrapped_pg", backend)  # under TORCH_DISTRIBUTED_DEBUG=DETAIL
    return getattr(backend.options, "_timeout", None)


def told_by_all(thing: dict) -> list[dict]:
    """What each rank tells, in their order; over the store, which needs to know nothing of devices."""
    store = dist.distributed_c10d._get_default_store()
    rank, size = dist.get_rank(), dist.get_world_size()
    turn = store.add(f"codist.Peers of {rank}", 1)
    store.set(f"codist.Peers {turn} of {rank}", json.dumps(thing))
    told = [f"codist.Peers {turn} of {other}" for other in range(size)]
    return [json.loads(one) for one in store.multi_get(told)]


def is_lost(error: BaseException) -> bool:
    """Is this what a rank meets when another one is gone or silent, rather than a fault of its own?"""
    return isinstance(error, dist.DistError) or (
        isinstance(error, RuntimeError)
        and any(word in str(error) for word in ("gloo", "NCCL", "onnection", "Timed out"))
    )
