"""Codistillation through files in a loop of one's own: the penalty of one model in one process."""

from __future__ import annotations

import atexit
import copy
import hashlib
import json
import os
from types import SimpleNamespace

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from codist.codecs import WEIGHTS, Full
from codist.errors import Refused, one_line
from codist.exchange.checkpoints import without_statistics
from codist.exchange.copies import Copies
from codist.keys import generators_kept
from codist.loop_peers import LoopPeers
from codist.losses import DISTANCES
from codist.published import Form
from codist.world import OneProcess


class PeersByFiles:
    """Model `model` of n in this process; its peers are stale copies of `network` (Anil et al. §2.1).

    files: address of the store. The other arguments are those of codist.peers.Peers, which checks
    n, period and distance. Raises Refused if the other arguments are invalid, or as LoopPeers.
    """

    def __init__(self, n: int, files, model: int | None, network: nn.Module | None, period: int,
                 distance: str, codec: Full, seed: int):  # fmt: skip
        self.network, self.period = suited(network), period
        self.model = index(model, n)
        if WEIGHTS not in codec.encodes:
            raise Refused(
                f"codec={type(codec).__name__} encodes logits, and files= sends weights; use Half() or Int8()"
            )
        self.codec, self.distance = codec, DISTANCES[distance]
        self.sent_bits, self.now, self.part, self.closed = 0, -1, 0, False
        networks = {j: copied(self.network) for j in range(n) if j != self.model}
        self.heard: dict[int, int] = {}  # the update of the checkpoint of each peer in use
        world = OneProcess(1, first=self.model)
        self.copies = Copies(networks, {self.model: list(networks)}, seed, False, world)
        count = sum(one.numel() for one in self.network.parameters())
        form = Form(identity(n, distance, self.network), codec)
        address = os.path.expanduser(os.fspath(files))
        self.peers = LoopPeers(address, form, self.model, n, count)
        atexit.register(self.close)

    def penalty(self, k: int, x, logits: Tensor) -> Tensor:
        """As Peers.penalty, over the peers that were heard; 0 without gradient before that."""
        if self.closed:
            raise Refused("this Peers is closed; call close() after the last update")
        if k < self.now:
            raise Refused(
                f"k must not go back, got {k} after {self.now}; count updates over all epochs"
            )
        if self.now < 0 or k // self.period != self.now // self.period:
            self.publish(k)
            self.hear()
        self.now, self.part = k, self.part + 1 if k == self.now else 0
        if not self.heard:
            return torch.zeros((), device=logits.device)
        self.copies.peers = {self.model: sorted(self.heard)}
        batch = {self.model: SimpleNamespace(x=x)}
        self.expected = logits.shape
        with generators_kept():
            found = self.copies.others(k, self.part, batch, {self.model: self})
        _, peer_logits = found[self.model]
        return self.distance(logits.float(), peer_logits)

    def answer(self, network: nn.Module, x, carried=None, part: int = 0) -> Tensor:
        """The logits of a copy for x, in fp32 (N, C). Raises Refused if they have another shape than ours."""
        logits = network(x)
        got = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        if got != tuple(self.expected):
            raise Refused(
                f"network(x) must return logits as penalty gets them, {tuple(self.expected)}, got {got}; give the "
                "network one input x, and let it flatten its logits to (N, C)"
            )
        return logits.float()

    def publish(self, k: int) -> None:
        """Hand the weights before update k over to be written."""
        parameters = [one.detach().float() for one in self.network.parameters()]
        self.sent_bits += self.codec.weights_bits(sum(one.numel() for one in parameters))
        self.peers.publish(k, [one.to(parameters[0].device) for one in parameters])

    @torch.no_grad()
    def hear(self) -> None:
        """Take over what was heard from the peers since the last time."""
        for found in self.peers.hear():
            parameters = list(self.copies.networks[found.peer].parameters())
            parts = found.weights.split([one.numel() for one in parameters])
            for parameter, own, part in zip(
                parameters, self.network.parameters(), parts, strict=True
            ):
                if parameter.device != own.device:
                    raise Refused(
                        f"network was moved from {parameter.device} to {own.device} after Peers was made; make Peers "
                        "after it"
                    )
                parameter.copy_(part.view_as(parameter))
            self.heard[found.peer] = found.update

    def close(self) -> None:
        """Publish the weights after the last update, wait until they are written, and free the place."""
        if self.closed:
            return
        self.closed = True
        atexit.unregister(self.close)
        if self.now >= 0 and not self.peers.lease.lost:
            self.publish(self.now + 1)
        self.peers.close()


def suited(network: nn.Module | None) -> nn.Module:
    """`network`. Raises Refused if copies of it cannot answer."""
    if not isinstance(network, nn.Module):
        raise Refused(
            f"files= needs network=<the torch.nn.Module that is trained>, got {type(network).__name__}"
        )
    if isinstance(network, DistributedDataParallel):
        raise Refused(
            "files= trains a model in one process, got a DistributedDataParallel; for several ranks a model use "
            "src/run.py exchange.kind=files (docs/files.md)"
        )
    if not all(module.training for module in network.modules()):
        raise Refused(
            "network must be in train mode in all its parts, as its copies are; call network.train() before Peers"
        )
    return network


def index(model: int | None, n: int) -> int:
    """`model` as an int. Raises Refused if it is none of 0 ... n-1."""
    if model is None or isinstance(model, bool) or model not in range(n):
        raise Refused(
            f"files= needs model=<index of this process's model>, 0 to {n - 1} with n={n}, got {model!r}"
        )
    return int(model)


def copied(network: nn.Module) -> nn.Module:
    """A copy that answers in train mode without gradient. Raises Refused if there can be none."""
    try:
        found = copy.deepcopy(network)
    except Exception as error:  # whatever the modules of a user raise
        raise Refused(
            f"copy.deepcopy(network) fails: {one_line(error)}; make Peers before the first forward pass"
        ) from error
    found.zero_grad(set_to_none=True)
    return without_statistics(found).train().requires_grad_(False)


def identity(n: int, distance: str, network: nn.Module) -> str:
    """What must be equal in the processes of one training, next to the codec; period and data may differ."""
    # it or its parts may be compiled in one process and not in another
    named = ((name.replace("_orig_mod.", ""), one) for name, one in network.named_parameters())
    shapes = [(name, list(one.shape)) for name, one in named]
    digest = hashlib.sha256(json.dumps(shapes).encode()).hexdigest()
    return f"Peers, n={n}, {distance}, network {digest[:16]}"
