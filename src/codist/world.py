"""Where the n models live, and what it costs to let them hear each other: here, all in one process."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from codist.errors import Refused
from codist.gradients import Gradients


class OneProcess:
    """All n models live here, so there is nobody to send anything to; what would be sent is counted.

    A model stands for `devices` devices with one device batch each, on `servers` servers. codist.ranks has the same
    world spread over processes; the loop cannot tell them apart, and the numbers must not.
    """

    placement = "one process"
    rank = shard = 0
    ranks = shards = 1  # this process runs the parts shard, shard + shards, ... of an update

    def __init__(self, n: int, devices: int = 1, servers: int = 1, device: str = "cpu"):
        self.n, self.mine = n, range(n)
        self.devices, self.servers, self.device = devices, servers, device
        # Bits so far, of this process. The first two by v2 §3, of all devices that its models stand for, in any
        # placement alike; the last two where a collective was handed them, hence 0 in one process.
        self.bits = {"exchange": 0, "all_reduce": 0, "moved_exchange": 0, "moved_all_reduce": 0}

    # ---- networks

    def place(self, network: nn.Module) -> nn.Module:
        """The network, where it will be trained: in channels_last, but on the CPU as it is (codist.workload.moved)."""
        if self.device == "cpu":
            return network
        return network.to(self.device, memory_format=torch.channels_last)

    def wrap(self, network: nn.Module, gradients: Gradients) -> nn.Module:
        """The network, such that `gradients` are summed over the model's shards too."""
        return network

    # ---- what the method says

    def share(self, said: list[Tensor], peers: list[list[int]], part: int | None = None) -> Callable[[], None]:
        """Give every model i what each of peers[i] said, in place: said[j] is model j's. Call what comes back to wait.

        part: the device batch that was spoken of, hence one device's to send; None: every device needs to hear it.
        """
        senders = self.devices // self.shards if part is None else 1
        for j in self.mine:
            self.bits["exchange"] += senders * len(peers[j]) * bits(said[j])  # as many hear j as j hears
        return self.move(said, peers)

    def averaged(self, network: nn.Module) -> None:
        """Count that the gradient was averaged over the model's devices, where they are on several servers."""
        if self.servers > 1:
            trained = sum(bits(parameter) for parameter in network.parameters() if parameter.requires_grad)
            self.bits["all_reduce"] += self.devices // self.shards * 2 * trained

    # ---- uncounted: for what is measured and saved, not for the method

    def move(self, said: list[Tensor], peers: list[list[int]] | None = None) -> Callable[[], None]:
        """`share`, uncounted; without `peers` everybody hears everybody."""
        return lambda: None

    def align(self, tensors: list[Tensor]) -> None:
        """Give every shard of a model the first shard's values, in place."""

    def pool(self, items: list) -> list:
        """One item a part, of the parts that ran here: those of all the model's parts, in order."""
        return items

    def collect(self, of_mine: dict) -> dict:
        """What each process has for its models: for all models in process 0, nothing elsewhere."""
        return of_mine

    def same(self, thing):
        """What process 0 has."""
        return thing

    def agree(self, word: int) -> int:
        """The greatest word that a process has said, known one update later where there are several."""
        return word

    def meet(self) -> None:
        """Wait until all processes are here, after work that takes one of them longer than another."""

    def missing(self) -> list[int]:
        """Ranks that answer no more, asked for once a collective has failed."""
        return []

    def leave(self) -> None:
        """Part from the others in good order."""

    # ---- costs

    def all_bits(self) -> dict[str, int]:
        """Bits so far, of all processes together."""
        return dict(self.bits)

    def resume(self, all_bits: dict[str, int]) -> None:
        self.bits = dict(all_bits) if self.rank == 0 else dict.fromkeys(self.bits, 0)

    def cost(self) -> dict[str, int]:
        """What a row says of communication so far; payload, in bits.

        sent_bits     an average device sends, by v2 §3: 2 b_model an update for an all_reduce between servers,
                      b_model to each peer for weights, b_pred B to each for the logits of its B examples
        server_bits   an average server sends to other servers: its devices' exchanges, and 2 b_model for an all_reduce
        moved_exchange_bits, moved_all_reduce_bits
                      counted where they were handed over in this placement, all ranks together: exchanges, and a
                      ring's 2 (m-1)/m of the gradient in each of a model's m ranks
        """
        of = self.all_bits()
        return {
            "sent_bits": (of["exchange"] + of["all_reduce"]) // (self.n * self.devices),
            "server_bits": of["exchange"] // (self.n * self.servers) + of["all_reduce"] // (self.n * self.devices),
            "moved_exchange_bits": of["moved_exchange"],
            "moved_all_reduce_bits": of["moved_all_reduce"],
        }


def bits(tensor: Tensor) -> int:
    return 8 * tensor.nbytes


def shards_of(ranks: int, n: int, devices: int) -> int:
    """Ranks a model. Raises Refused where n models of `devices` device batches do not divide over `ranks`."""
    if ranks % n or devices % (ranks // n):
        fitting = ", ".join(str(n * m) for m in range(1, devices + 1) if devices % m == 0)
        raise Refused(f"{ranks} ranks cannot share n={n} models of {devices} device batches; start one of {fitting}")
    return ranks // n
