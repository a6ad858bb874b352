"""A check that ends with the first update: the ranks of one model have equal weights, or a warning says so."""

import warnings

import torch
import torch.distributed as dist
from torch import Tensor

from codist.weights_behind import WeightsBehind


class RowWeights:
    """The comparison of a few weights over the ranks of this rank's model.

    Without DistributedDataParallel each rank would train a model of its own, and no loss shows it.
    It is a warning, since a loop may average its weights itself, and less often.

    world: codist.existing_group.ExistingGroup
    """

    def __init__(self, world):
        self.world, self.over = world, world.shards == 1
        self.weights = WeightsBehind()

    def __call__(self, logits: Tensor) -> None:
        """Compare the weights behind the logits, (N, C); all ranks of the model call it together."""
        if self.over:
            return
        now = int(self.weights.checksum(logits) or "0", 16)
        mine = torch.tensor([now, self.weights.moved], device=logits.device)
        found = [torch.empty_like(mine) for _ in range(self.world.shards)]
        dist.all_gather(found, mine, group=self.world.row)
        sums, moved = torch.stack(found).T.tolist()
        if other := next((s for s, one in enumerate(sums) if one != sums[0]), None):
            self.warn(other)
        # weights that are not found are 0 in all ranks, and there is nothing to compare
        self.over = bool(other) or all(moved) or not any(sums)

    def warn(self, other: int) -> None:
        if self.world.shard:
            return
        first = self.world.rank
        warnings.warn(
            f"codist: ranks {first} and {first + other} hold model {self.world.mine[0]}, and their weights differ; "
            "wrap the network in DistributedDataParallel(network, process_group=peers.row)",
            stacklevel=4,
        )
