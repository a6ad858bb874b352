"""Where the n models live, and what it costs to exchange between them. Here: all of them in one process."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from codist.errors import Refused
from codist.gradients import Gradients


class World:
    """n models, the devices that they stand for, and the verbs that the loop, the exchanges and the measurements use.

    A model stands for `devices` devices with one device batch each, on `servers` servers.
    OneProcess, ranks.Distributed and existing_group.ExistingGroup place the models; the loop cannot
    tell them apart, and the numbers must not.

    mine           the models that live in this process
    shard, shards  this process runs the parts shard, shard + shards, ... of an update of its models
    """

    placement = ""
    rank, ranks = 0, 1
    shard, shards = 0, 1
    mine: range

    def __init__(self, n: int, devices: int = 1, servers: int = 1, device: str = "cpu"):
        self.n, self.devices, self.servers, self.device = n, devices, servers, device
        # Bits so far, of this process. The first two by v2 §3, of all devices that its models stand
        # for, in any placement alike; the last two where a collective was handed them, hence 0 in
        # one process.
        self.bits = {"exchange": 0, "all_reduce": 0, "moved_exchange": 0, "moved_all_reduce": 0}

    # ---- networks

    def place(self, network: nn.Module) -> nn.Module:
        """The network, where it will be trained: in channels_last, but on the CPU as it is (codist.workload.moved)."""
        if self.device == "cpu":
            return network
        return network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]

    def wrap(self, network: nn.Module, gradients: Gradients) -> nn.Module:
        """The network, such that `gradients` are summed over the model's shards too."""
        raise NotImplementedError

    # ---- what the method sends

    def share(
        self, sent: list[Tensor], peers: list[list[int]], part: int | None = None
    ) -> Callable[[], object]:
        """Give every model i what each of peers[i] sent, in place: sent[j] is model j's. Call what comes back to wait.

        part: the device batch that it belongs to, hence one device's to send; None: every device
        has to send it.
        """
        senders = self.devices // self.shards if part is None else 1
        for j in self.mine:
            self.bits["exchange"] += (
                senders * len(peers[j]) * bits(sent[j])
            )  # j has as many receivers as senders
        return self.move(sent, peers)

    def averaged(self, network: nn.Module) -> None:
        """Count that the gradient was averaged over the model's devices, where they are on several servers."""
        if self.servers > 1:
            trained = sum(
                bits(parameter) for parameter in network.parameters() if parameter.requires_grad
            )
            self.bits["all_reduce"] += self.devices // self.shards * 2 * trained

    # ---- uncounted: for what is measured and saved, not for the method

    def move(
        self, sent: list[Tensor], peers: list[list[int]] | None = None
    ) -> Callable[[], object]:
        """`share`, uncounted; without `peers` from everybody to everybody."""
        raise NotImplementedError

    def align(self, tensors: list[Tensor]) -> None:
        """Give every shard of a model the first shard's values, in place."""
        raise NotImplementedError

    def pool(self, items: list) -> list:
        """One item a part, of the parts that ran here: those of all the model's parts, in order."""
        raise NotImplementedError

    def collect(self, of_mine: dict) -> dict:
        """What each process has for its models: for all models in process 0, nothing elsewhere."""
        raise NotImplementedError

    def same(self, thing):
        """What process 0 has."""
        raise NotImplementedError

    def agree(self, wish: int) -> int:
        """The greatest wish of any process, known one update later where there are several."""
        raise NotImplementedError

    def meet(self) -> None:
        """Wait until all processes are here, after work that takes one of them longer than another."""
        raise NotImplementedError

    def missing(self) -> list[int]:
        """Ranks that do not answer, asked for once a collective has failed."""
        raise NotImplementedError

    def leave(self) -> None:
        """Part from the other processes in good order."""
        raise NotImplementedError

    # ---- costs

    def all_bits(self) -> dict[str, int]:
        """Bits so far, of all processes together."""
        raise NotImplementedError

    def resume(self, all_bits: dict[str, int]) -> None:
        self.bits = dict(all_bits) if self.rank == 0 else dict.fromkeys(self.bits, 0)

    def cost(self) -> dict[str, int]:
        """What a row says of communication so far; payload, in bits.

        sent_bits     an average device sends, by v2 §3: 2 b_model an update for an all_reduce
                      between servers, b_model to each peer for weights, b_pred B to each for the
                      logits of its B examples
        server_bits   an average server sends to other servers: its devices' exchanges, and 2
                      b_model for an all_reduce
        moved_exchange_bits, moved_all_reduce_bits
                      counted where they were handed over in this placement, all ranks together:
                      exchanges, and a ring's 2 (m-1)/m of the gradient in each of a model's m ranks
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
    """All n models live here: nothing is sent, and what would be is counted."""

    placement = "one process"

    def __init__(self, n: int, devices: int = 1, servers: int = 1, device: str = "cpu"):
        super().__init__(n, devices, servers, device)
        self.mine = range(n)

    def wrap(self, network, gradients):
        return network

    def move(self, sent, peers=None):
        return lambda: None

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


def shards_of(ranks: int, n: int, devices: int) -> int:
    """Ranks a model. Raises Refused where n models of `devices` device batches do not divide over `ranks`."""
    if ranks % n or devices % (ranks // n):
        fitting = ", ".join(str(n * m) for m in range(1, devices + 1) if devices % m == 0)
        raise Refused(
            f"{ranks} ranks cannot share n={n} models of {devices} device batches; start one of {fitting}"
        )
    return ranks // n
