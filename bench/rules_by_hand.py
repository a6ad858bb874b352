"""One update of each rule between two ranks, by hand in plain torch."""

from collections.abc import Callable
from math import ceil

import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import Tensor, nn

from bench.rules import KEEP, NOW, PERIOD, RANK, Update
from codist.exchange.powersgd import is_compressed


def sgd(network: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(network.parameters(), lr=NOW.lr, momentum=0.9, fused=True)


def mean(tensors: list[Tensor]) -> None:
    """Replace the tensors by their means over all ranks, in one all_reduce."""
    flat = torch.cat([one.detach().flatten() for one in tensors])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    parts = flat.split([one.numel() for one in tensors])
    torch._foreach_copy_(
        [one.detach() for one in tensors],
        [part.view_as(one) for part, one in zip(parts, tensors, strict=True)],
    )


def by_hand(rule: str, network: nn.Module) -> Update:
    optimizer, after = sgd(network), {"weights": Weights, "push_sum": push}.get(rule)
    before = {"gradients": Gradients, "powersgd": LowRank, "topk_gradients": Sparse}.get(rule)
    of_gradients = before(network) if before else lambda: None
    of_weights = after(network) if after else lambda k: None

    def update(k, x, y):
        logits = network(x)
        objective = F.cross_entropy(logits, y)
        if rule == "predictions":
            others = [torch.empty_like(logits) for _ in range(dist.get_world_size())]
            dist.all_gather(others, logits.detach())
            objective = objective + NOW.alpha * F.mse_loss(logits, others[1 - dist.get_rank()])
        objective.backward()
        of_gradients()
        optimizer.step()
        optimizer.zero_grad()
        of_weights(k)

    return update


class Gradients:
    def __init__(self, network):
        self.weights = list(network.parameters())

    def __call__(self):
        mean([one.grad for one in self.weights])


class LowRank:
    """PowerSGD; what is not compressed travels with the left factors."""

    def __init__(self, network):
        ones = list(network.parameters())
        self.low = [one for one in ones if is_compressed(tuple(one.shape), RANK)]
        self.rest = [one for one in ones if not is_compressed(tuple(one.shape), RANK)]
        self.right = [torch.randn(one[0].numel(), RANK) for one in self.low]
        mean(self.right)
        self.missed = [torch.zeros_like(one).flatten(1) for one in self.low]

    def __call__(self):
        matrices = [m.grad.flatten(1) + e for m, e in zip(self.low, self.missed, strict=True)]
        left = [m @ q for m, q in zip(matrices, self.right, strict=True)]
        mean([*left, *(one.grad for one in self.rest)])
        left = [torch.linalg.qr(p).Q for p in left]
        self.right = [m.T @ p for m, p in zip(matrices, left, strict=True)]
        mean(self.right)
        means = [p @ q.T for p, q in zip(left, self.right, strict=True)]
        self.missed = [m - mean_of for m, mean_of in zip(matrices, means, strict=True)]
        for one, mean_of in zip(self.low, means, strict=True):
            one.grad.copy_(mean_of.view_as(one))


class Sparse:
    """The largest entries, with error feedback; values and positions in one all_gather."""

    def __init__(self, network):
        self.weights = list(network.parameters())
        self.missed = torch.zeros(sum(one.numel() for one in self.weights))
        self.entries = ceil(KEEP * len(self.missed))

    def __call__(self):
        self.missed += torch.cat([one.grad.flatten() for one in self.weights])
        positions = self.missed.abs().topk(self.entries).indices
        values = self.missed[positions]
        self.missed[positions] = 0.0
        mine = torch.cat([positions.int(), values.view(torch.int32)])
        received = [torch.empty_like(mine) for _ in range(dist.get_world_size())]
        dist.all_gather(received, mine)
        total = torch.zeros_like(self.missed)
        for positions, values in (one.view(2, -1) for one in received):
            total.index_add_(0, positions, values.view(torch.float32))
        total /= dist.get_world_size()
        parts = total.split([one.numel() for one in self.weights])
        for one, part in zip(self.weights, parts, strict=True):
            one.grad.copy_(part.view_as(one))


class Weights:
    """Local SGD, with the running statistics of BatchNorm in the same all_reduce."""

    def __init__(self, network):
        self.numbers = [
            *network.parameters(),
            *(b for b in network.buffers() if b.is_floating_point()),
        ]

    def __call__(self, k):
        if (k + 1) % PERIOD == 0:
            mean(self.numbers)


def push(network) -> Callable[[int], None]:
    """Push-sum between two: half of the weights and of their share, which stays 1."""
    weights, share, other = list(network.parameters()), torch.ones(1), 1 - dist.get_rank()

    def update(k):
        mine = torch.cat([*(one.detach().flatten() for one in weights), share]) / 2
        received = torch.empty_like(mine)
        sent, came = dist.isend(mine, other), dist.irecv(received, other)
        sent.wait()
        came.wait()
        received += mine
        share.copy_(received[-1:])
        received /= share
        parts = received[:-1].split([one.numel() for one in weights])
        for one, part in zip(weights, parts, strict=True):
            one.data.copy_(part.view_as(one))

    return update
