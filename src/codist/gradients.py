"""The gradient of one model: a sum over device batches, in the same order in every placement.

Floating-point sums depend on their order. Here the order is a fixed tree over the parts 0 ... D-1
of an update, so one process and any number of ranks that divides D give equal bits. The tree splits
parts by their residues: D = 8 gives ((0+4) + (2+6)) + ((1+5) + (3+7)). Rank r of m = 2, 4 or 8
holds the parts r, r + m, ..., which form one branch: it sums them and sends one gradient. If the
parts form no single branch (D = 6 on 3 ranks), a rank sends several.
"""

import torch
from torch import Tensor, nn

Terms = dict[int, Tensor]  # gradients, by the index of their parameter in the network


def strides(parts: int) -> list[int]:
    """The strides of the tree's levels: a node of stride s and offset o sums the parts o, o + s, ...

    Each stride is the previous one times the smallest remaining prime factor of `parts`: 12 gives
    [1, 2, 4, 12].
    """
    found, prime = [1], 2
    while found[-1] < parts:
        if (parts // found[-1]) % prime:
            prime += 1
        else:
            found.append(found[-1] * prime)
    return found


def in_order(parts: int, shard: int = 0, shards: int = 1) -> list[int]:
    """The parts of a shard in the tree's leaf order, which keeps at most log2(D) partial sums alive."""
    levels = strides(parts)
    return sorted(
        range(shard, parts, shards), key=lambda part: [part % stride for stride in levels]
    )


class TreeSum:
    """Sums terms added in the order of `in_order`; holds nodes until their siblings are complete."""

    def __init__(self, parts: int):
        self.strides = strides(parts)
        self.held: dict[tuple[int, int], Terms] = {}  # by level and offset

    def add(self, terms: Terms, part: int) -> None:
        """Add the terms of `part`; sums are computed in place, in the tensors of the latest part."""
        level, offset = len(self.strides) - 1, part
        while level:
            parent = offset % self.strides[level - 1]
            before = [(level, index) for index in range(parent, offset, self.strides[level - 1])]
            last = offset + self.strides[level - 1] >= self.strides[level]
            if not last or any(index not in self.held for index in before):
                break
            earlier = self.held.pop(before[0])
            for index in before[1:]:
                earlier = plus(self.held.pop(index), earlier)
            level, offset, terms = level - 1, parent, plus(terms, earlier)
        self.held[level, offset] = terms


def tree_sum(terms: list[Tensor]) -> Tensor:
    """The sum of equal tensors in the order of the tree; it is computed in some of them."""
    tree = TreeSum(len(terms))
    for part in in_order(len(terms)):
        tree.add({0: terms[part]}, part)
    return tree.held.pop((0, 0))[0]


def plus(into: Terms, other: Terms) -> Terms:
    """The sum of both, stored in the tensors of `into` where both have one."""
    shared = [index for index in into if index in other]
    if shared:
        torch._foreach_add_([into[index] for index in shared], [other[index] for index in shared])
    return other | into


class Gradients:
    """Accumulates the gradient of `network` over the device batches of one update.

    shards: ranks that hold the model; each runs equally many parts.
    """

    def __init__(self, network: nn.Module, shards: int):
        self.parameters, self.shards = list(network.parameters()), shards
        self.parts, self.part, self.sum = 1, 0, TreeSum(1)
        self.arrive = self.of_this_process  # codist.row replaces this to sum over ranks

    def expect(self, part: int, parts) -> None:
        """Announce that the next backward is of `part`. parts: those of the update in this process."""
        if part == next(iter(parts)):
            self.parts = len(parts) * self.shards
            self.sum = TreeSum(self.parts)
        else:
            self.sum.add(self.taken(), self.part)
        self.part = part

    def taken(self) -> Terms:
        """Take the gradients out of the parameters."""
        terms = {
            index: one.grad for index, one in enumerate(self.parameters) if one.grad is not None
        }
        for index in terms:
            self.parameters[index].grad = None
        return terms

    def of_this_process(self) -> None:
        """Store the sum over all parts in the parameters' gradients."""
        self.sum.add(self.taken(), self.part)
        for index, gradient in self.sum.held.pop((0, 0)).items():
            self.parameters[index].grad = gradient
