"""One model's gradient: the sum over an update's device batches, in one order wherever they were computed.

Floating-point sums depend on their order. Here the order is a tree over the parts 0 ... D-1 of an
update, and belongs to the method: one process and any number of ranks that divides D give equal
bits. The tree splits parts by their residues: D = 8 gives ((0+4) + (2+6)) + ((1+5) + (3+7)). So
rank r of 2, 4 or 8, which holds the parts r, r + m, ..., sums a whole branch and sends one
gradient. Where no branch fits (D = 6 on 3 ranks), a rank sends several.
"""

import torch
from torch import Tensor, nn

Terms = dict[int, Tensor]  # gradients, by the place of their parameter in the network


def strides(parts: int) -> list[int]:
    """The tree's levels: a node of stride s and offset o is the sum of the parts o, o + s, ...

    Each is the one before times the smallest prime that is left of `parts`: 12 gives [1, 2, 4, 12].
    """
    found, prime = [1], 2
    while found[-1] < parts:
        if (parts // found[-1]) % prime:
            prime += 1
        else:
            found.append(found[-1] * prime)
    return found


def in_order(parts: int, shard: int = 0, shards: int = 1) -> list[int]:
    """The parts of a shard, as a walk over the tree's leaves meets them: at most log2(D) sums are then held at once."""
    levels = strides(parts)
    return sorted(
        range(shard, parts, shards), key=lambda part: [part % stride for stride in levels]
    )


class TreeSum:
    """Adds up terms that come in the order of `in_order`; nodes whose siblings are missing are held."""

    def __init__(self, parts: int):
        self.strides = strides(parts)
        self.held: dict[tuple[int, int], Terms] = {}  # by level and offset

    def add(self, terms: Terms, part: int) -> None:
        """Sums are made in place, in the tensors of the part that came last."""
        level, offset = len(self.strides) - 1, part
        while level:
            parent = offset % self.strides[level - 1]
            before = [(level, place) for place in range(parent, offset, self.strides[level - 1])]
            last = offset + self.strides[level - 1] >= self.strides[level]
            if not last or any(place not in self.held for place in before):
                break
            earlier = self.held.pop(before[0])
            for place in before[1:]:
                earlier = plus(self.held.pop(place), earlier)
            level, offset, terms = level - 1, parent, plus(terms, earlier)
        self.held[level, offset] = terms


def plus(into: Terms, other: Terms) -> Terms:
    """Their sum, in the tensors of `into` where both have one."""
    both = [place for place in into if place in other]
    if both:
        torch._foreach_add_([into[place] for place in both], [other[place] for place in both])
    return other | into


class Gradients:
    """The gradient of `network` over the device batches of one update, of which backward gives one at a time.

    shards: ranks that hold the model; each runs as many parts.
    """

    def __init__(self, network: nn.Module, shards: int):
        self.parameters, self.shards = list(network.parameters()), shards
        self.parts, self.part, self.sum = 1, 0, TreeSum(1)
        self.arrive = self.of_this_process  # replaced where the sum goes on over ranks (codist.row)

    def expect(self, part: int, parts) -> None:
        """The next backward is of `part`, one of `parts`, those of the update that run in this process."""
        if part == next(iter(parts)):
            self.parts = len(parts) * self.shards
            self.sum = TreeSum(self.parts)
        else:
            self.sum.add(self.taken(), self.part)
        self.part = part

    def taken(self) -> Terms:
        """What backward left in the parameters, which are left without."""
        terms = {
            place: one.grad for place, one in enumerate(self.parameters) if one.grad is not None
        }
        for place in terms:
            self.parameters[place].grad = None
        return terms

    def of_this_process(self) -> None:
        """Put the sum over all parts where the optimizer looks for it."""
        self.sum.add(self.taken(), self.part)
        for place, gradient in self.sum.held.pop((0, 0)).items():
            self.parameters[place].grad = gradient
