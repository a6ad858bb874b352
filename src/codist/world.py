"""The placement of n models and the cost of exchanges between them; here, all in one process."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from codist.gradients import Gradients, tree_sum


class World:
    """The placement of n models; the loop, exchanges and measurements use only its methods.

    A model is accounted as `devices` devices on `servers` servers, each with one device batch.
    OneProcess, ranks.Distributed and existing_group.ExistingGroup place the models; results are the
    same in every placement.

    n, first       the models of this world are first, first + 1, ... first + n - 1
    mine           the models of this process
    shard, shards  this process runs the parts shard, shard + shards, ... of its models' updates
    """

    placement = ""
    rank, ranks = 0, 1
    shard, shards = 0, 1
    mine: range

    def __init__(
        self, n: int, devices: int = 1, servers: int = 1, device: str = "cpu", first: int = 0
    ):
        self.n, self.devices, self.servers, self.device = n, devices, servers, device
        self.first, self.mine = first, range(first, first + n)
        # Bits so far, of this process. The first two follow v2 §3, for all devices of its models, and
        # are equal in every placement. The last two count what collectives sent: 0 in one process.
        self.bits = {"exchange": 0, "all_reduce": 0, "moved_exchange": 0, "moved_all_reduce": 0}

    @property
    def models(self) -> range:
        """The models of this world, in all its processes."""
        return range(self.first, self.first + self.n)

    # ---- networks

    def place(self, network: nn.Module) -> nn.Module:
        """The network on its device; in channels_last, unless on the CPU (see codist.workload.moved)."""
        if self.device == "cpu":
            return network
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def wrap(self, network: nn.Module, gradients: Gradients) -> nn.Module:
        """Wrap the network so that `gradients` are summed over the model's shards."""
        raise NotImplementedError

    # ---- what the method sends

    def share(
        self, sent: list[Tensor], peers: list[list[int]], part: int | None = None
    ) -> Callable[[], object]:
        """Send sent[j] of every model j to its peers: model i receives those of peers[i], in place.

        Returns a function that waits for the transfer. part: the device batch that is sent, by one
        device; None: every device of the model sends.
        """
        senders = self.devices // self.shards if part is None else 1
        for j in self.mine:
            # symmetric: j has as many receivers as senders
            self.bits["exchange"] += senders * len(peers[j]) * bits(sent[j])
        return self.move(sent, peers)

    def averaged(self, network: nn.Module) -> None:
        """Count the bits of a gradient all_reduce, if the model's devices are on several servers."""
        if self.servers > 1:
            trained = sum(
                bits(parameter) for parameter in network.parameters() if parameter.requires_grad
            )
            self.bits["all_reduce"] += self.devices // self.shards * 2 * trained

    def mean(self, of_mine: dict[int, Tensor]) -> Tensor:
        """The mean over all n models of {model of this process: tensor}, counted as an all_reduce."""
        payload = bits(next(iter(of_mine.values())))
        self.bits["all_reduce"] += len(of_mine) * (self.devices // self.shards) * 2 * payload
        return self.total(of_mine).div_(self.n)

    # ---- uncounted: for measurements and checkpoints, not part of the method

    def move(
        self, sent: list[Tensor], peers: list[list[int]] | None = None
    ) -> Callable[[], object]:
        """`share` without counting; without `peers` it sends from every model to every other."""
        raise NotImplementedError

    def total(self, of_mine: dict[int, Tensor]) -> Tensor:
        """`mean` without counting and division; a new tensor."""
        raise NotImplementedError

    def align(self, tensors: list[Tensor]) -> None:
        """Copy the first shard's values to all shards of the model, in place."""
        raise NotImplementedError

    def pool(self, items: list) -> list:
        """Gather a model's items from its shards, in order. items: one per part of this process."""
        raise NotImplementedError

    def collect(self, of_mine: dict) -> dict:
        """Gather {model: value} from all processes in process 0; {} elsewhere."""
        raise NotImplementedError

    def same(self, thing):
        """Broadcast `thing` from process 0."""
        raise NotImplementedError

    def agree(self, wish: int) -> int:
        """The maximum wish over all processes; with several ranks, that of the previous update."""
        raise NotImplementedError

    def meet(self) -> None:
        """Barrier with a long timeout, for use after work of unequal duration."""
        raise NotImplementedError

    def missing(self) -> list[int]:
        """Ranks that do not answer; called after a collective failed."""
        raise NotImplementedError

    def leave(self) -> None:
        """Shut down together with the other processes."""
        raise NotImplementedError

    # ---- costs

    def all_bits(self) -> dict[str, int]:
        """Bits so far, summed over all processes."""
        raise NotImplementedError

    def resume(self, all_bits: dict[str, int]) -> None:
        self.bits = dict(all_bits) if self.rank == 0 else dict.fromkeys(self.bits, 0)

    def cost(self) -> dict[str, int]:
        """The communication volume so far, for a row: payload, in bits.

        sent_bits     sent by an average device (v2 §3): 2 b_model per update for an all_reduce
                      between servers, b_model to each peer for weights, b_pred B to each peer for
                      the logits of its B examples
        server_bits   sent by an average server to other servers: its devices' exchanges, and 2
                      b_model for an all_reduce
        moved_exchange_bits, moved_all_reduce_bits
                      sent in this placement, all ranks together: exchanges, and a ring's 2 (m-1)/m
                      of the gradient in each of a model's m ranks
        """
        of = self.all_bits()
        return {
            "sent_bits": (of["exchange"] + of["all_reduce"]) // (self.n * self.devices),
            "server_bits": of["exchange"] // (self.n * self.servers)
            + of["all_reduce"] // (self.n * self.devices),
            "moved_exchange_bits": of["moved_exchange"],
            "moved_all_reduce_bits": of["moved_all_reduce"],
        }


class OneProcess(World):
    """All n models in one process: nothing is sent, but the bits of v2 §3 are counted."""

    placement = "one process"

    def wrap(self, network, gradients):
        return network

    def move(self, sent, peers=None):
        return lambda: None

    def total(self, of_mine):
        return tree_sum([of_mine[i].clone() for i in self.models])

    def align(self, tensors): ...

    def pool(self, items):
        return items

    def collect(self, of_mine):
        return of_mine

    def same(self, thing):
        return thing

    def agree(self, wish):
        return wish

    def meet(self): ...

    def missing(self):
        return []

    def leave(self): ...

    def all_bits(self):
        return dict(self.bits)


def bits(tensor: Tensor) -> int:
    return 8 * tensor.nbytes
