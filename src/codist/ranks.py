"""Models on rows of ranks, one process per rank, started by torchrun or Slurm."""

import os
from datetime import timedelta
from itertools import chain, zip_longest

import torch
import torch.distributed as dist

from codist.errors import Refused
from codist.grid import Grid
from codist.presence import Presence
from codist.world import OneProcess, World

STARTED = timedelta(minutes=5)  # for all ranks to start: some nodes are slow


def join(
    n: int,
    devices: int = 1,
    servers: int = 1,
    device: str = "cpu",
    patience: float = 60.0,
    first: int = 0,
) -> World:
    """The world of this process, from torchrun's or Slurm's RANK, WORLD_SIZE and MASTER_ADDR, if set.

    patience: seconds without an answer after which a rank counts as lost. first: the first of the n
    models; the others of a run may be trained elsewhere. Raises Refused if n models
    of `devices` device batches do not divide over the ranks.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        return OneProcess(n, devices, servers, device, first)
    return Distributed(n, devices, servers, device, patience, first)


class Distributed(Grid):
    """The world of a distributed job; creates and destroys the process group."""

    def __init__(self, n, devices, servers, device, patience, first=0):
        super().__init__(n, devices, servers, device, first)
        m = shards_of(int(os.environ["WORLD_SIZE"]), n, devices)
        backend, wait = "gloo", timedelta(seconds=patience)
        for_groups = wait
        if device != "cpu":
            self.device = f"cuda:{int(os.environ['LOCAL_RANK']) % torch.cuda.device_count()}"
            torch.cuda.set_device(self.device)
            backend = "cpu:gloo,cuda:nccl"  # gloo for objects, rows and agreements
            # NCCL's watchdog kills the process and names no rank; `agree`, over gloo, must time out first
            for_groups = 2 * wait
        store, rank, size = next(dist.rendezvous("env://", timeout=max(wait, STARTED)))
        dist.init_process_group(backend, store=store, rank=rank, world_size=size, timeout=wait)
        self.divide(rank, size, m, for_groups)
        self.wished = None  # the pending all_reduce of the previous update's wish
        self.presence = Presence(store, rank, size, patience)
        self.placement += f", {backend}"

    def align(self, tensors):
        if self.shards > 1 and tensors:
            first = self.nth * self.shards
            for one in [
                dist.broadcast(tensor, first, self.row, async_op=True) for tensor in tensors
            ]:
                one.wait()

    def pool(self, items):
        if self.shards == 1:
            return items
        found = [None] * self.shards
        dist.all_gather_object(found, items, group=self.row)
        absent = object()
        return [
            item for item in chain(*zip_longest(*found, fillvalue=absent)) if item is not absent
        ]

    def collect(self, of_mine):
        if self.shard:
            return {}
        found = [None] * self.n if self.rank == 0 else None
        dist.gather_object(of_mine, found, dst=0, group=self.column)
        return {i: one for several in found for i, one in several.items()} if found else {}

    def same(self, thing):
        box = [thing]
        dist.broadcast_object_list(box, src=0)
        return box[0]

    def agree(self, wish):
        pending, mine = self.wished, torch.tensor(wish)
        self.wished = (mine, dist.all_reduce(mine, dist.ReduceOp.MAX, async_op=True))
        if pending is None:
            return 0
        pending[1].wait()
        return pending[0].item()

    def all_bits(self):
        totals = torch.tensor(list(self.bits.values()))
        dist.all_reduce(totals)
        return dict(zip(self.bits, totals.tolist(), strict=True))

    def meet(self):
        self.presence.meet()

    def missing(self):
        return self.presence.missing()

    def leave(self):
        if self.wished:
            self.wished[1].wait()
        dist.barrier()
        self.presence.left.set()
        dist.destroy_process_group()


def is_lost(error: BaseException) -> bool:
    """True for errors caused by another rank being lost, false for a fault of this rank."""
    return isinstance(error, dist.DistError) or (
        isinstance(error, RuntimeError)
        and any(sign in str(error) for sign in ("gloo", "NCCL", "onnection", "Timed out"))
    )


def shards_of(ranks: int, n: int, devices: int) -> int:
    """Ranks per model. Raises Refused if n models of `devices` device batches do not divide over `ranks`."""
    if ranks % n or devices % (ranks // n):
        fitting = ", ".join(str(n * m) for m in range(1, devices + 1) if devices % m == 0)
        raise Refused(
            f"{ranks} ranks cannot share n={n} models of {devices} device batches; start one of {fitting}"
        )
    return ranks // n
