"""Where the n models live, and what it costs to let them hear each other."""

from torch import Tensor, nn


class OneProcess:
    """All n models live here, so there is nobody to send anything to; what would be sent is counted.

    A model stands for `devices` devices with one device batch each, on `servers` servers. `sent_bits` is the payload
    that an average device sends, the convention of v2 §3: 2 b_model an update for an all_reduce between servers,
    (n-1) b_model for weights, (n-1) b_pred B for the logits of its B examples.
    """

    def __init__(self, n: int, devices: int = 1, servers: int = 1, device: str = "cpu"):
        self.n, self.mine, self.device = n, range(n), device
        self.shard, self.shards = 0, 1  # this process runs parts shard, shard + shards, ... of an update
        self.devices, self.servers = devices, servers
        self.bits_of_all = 0

    @property
    def sent_bits(self) -> int:
        return self.bits_of_all // (self.n * self.devices)

    def wrap(self, network: nn.Module) -> nn.Module:
        """The network, where it will be trained."""
        return network.to(self.device)

    def share(self, owner: int, tensor: Tensor, part: int | None = None) -> None:
        """Give every model the owner's value of `tensor`, in place, and count it.

        part: the device batch that `tensor` belongs to, hence one device's to send; None: every device needs it.
        """
        senders = self.devices if part is None else 1
        self.bits_of_all += senders * (self.n - 1) * bits(tensor)
        self.tell(owner, tensor)

    def tell(self, owner: int, tensor: Tensor) -> None:
        """The same, uncounted: for what is measured, not for the method."""

    def average(self, network: nn.Module) -> None:
        """Average the gradient over the model's devices: done already where they are one; counted between servers."""
        if self.servers > 1:
            self.bits_of_all += self.devices * 2 * sum(map(bits, network.parameters()))

    def total(self, sums: Tensor) -> Tensor:
        """Sums over the examples of this process, as sums over those of all its model's devices."""
        return sums


def bits(tensor: Tensor) -> int:
    return 8 * tensor.nbytes
