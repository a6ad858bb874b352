"""Checks before an exchange of logits: the models must be in step, and must be different models."""

from itertools import combinations

import torch
from torch import Tensor

from codist.autograd_graph import sharding_ranks
from codist.checksums import checksum
from codist.errors import Refused
from codist.weights_behind import WeightsBehind

MESSAGE_BYTES = 256  # that each model sends to each of its peers
NONE, LATER, CONSTANT = "none", "later", "constant"  # in place of a checksum
MUST_BE_EQUAL = {
    "shape": (
        "return logits of one shape",
        "give all models the same classes; drop an incomplete minibatch, and evaluate, in all ranks alike",
    ),
    "dtype": ("return logits of one dtype", "use autocast, or cast them, in all ranks alike"),
    "x": ("receive x of one dtype and shape", "cast it, and evaluate, in all ranks alike"),
    "minibatch": (
        "see the same minibatch",
        "give DistributedSampler(data, peers.shards, peers.shard); order and crops may depend on epoch and shard, "
        "never on rank or model; skip minibatches and evaluate in all ranks alike",
    ),
}
FIELDS = ("k", "shape", "dtype", "minibatch", "weights", "moved", "logits", "x")  # x may be cut off


class Comparison:
    """The comparison that precedes every exchange: an all_gather along a column of ranks.

    Logits of different shapes or dtypes would hang or abort a collective. Logits of different
    examples would be wrong targets. If DistributedDataParallel averages over all ranks, all models
    are one and learn nothing from each other. The sign of that is equal weights after an update;
    before an update, equal weights are legitimate, since models may start from them under dropout.

    world: codist.existing_group.ExistingGroup
    """

    def __init__(self, world):
        self.world = world
        self.distinct = False  # once models differ, weights and logits are no longer compared
        self.weights = WeightsBehind()  # of this model, sampled until they differ

    def __call__(self, k: int, x: Tensor, logits: Tensor) -> int:
        """Compare all models of this shard; return the checksum of minibatch x. logits: (N, C).

        Raises Refused if k, the minibatch, or the shape or dtype of the logits or of x differ; and,
        in all models alike, if two models are one, or FSDP2 shards a model over ranks of another.
        """
        if not self.distinct:
            self._refuse_foreign_ranks(logits)
        minibatch = checksum(x, k)
        weights, moved, sampled = self._identity(logits)
        mine = (
            f"k={k}",
            tuple(logits.shape),
            logits.dtype,
            f"{minibatch:08x}",
            weights,
            moved,
            sampled,
            f"{x.dtype} {tuple(x.shape)}",
        )
        models = self._gather("; ".join(map(str, mine)), logits.device)
        for j in range(self.world.n):
            self._refuse_out_of_step(j, models)
        if not self.distinct:
            pairs = [(i, j, models[i], models[j]) for i, j in combinations(range(self.world.n), 2)]
            refuse_one(pairs)
            self.distinct = all(are_distinct(one, other) for _, _, one, other in pairs)
            self.weights = WeightsBehind() if self.distinct else self.weights
        return minibatch

    def _identity(self, logits: Tensor) -> tuple[str, str, str]:
        """Checksum of a few weights, "moved" once that has changed, and checksum of the logits."""
        if self.distinct:
            return "", "", ""
        # a zero-initialized head gives constant logits
        varied = bool((logits.amin(0) < logits.amax(0)).any())
        of_logits = f"{checksum(logits):08x}" if varied else CONSTANT
        now = self.weights.checksum(logits)
        if not now:
            return NONE if logits.requires_grad else LATER, "", of_logits
        return now, "moved" if self.weights.moved else "", of_logits

    def _gather(self, message: str, device) -> list[dict[str, str]]:
        """The messages of all models of this shard, indexed by model."""
        text = bytearray(message.encode()[:MESSAGE_BYTES].ljust(MESSAGE_BYTES))
        mine = torch.frombuffer(text, dtype=torch.uint8).to(device)
        sent = [mine.clone() for _ in range(self.world.n)]
        self.world.move(sent)()
        received = [row.tobytes().decode().strip() for row in torch.stack(sent).cpu().numpy()]
        return [dict(zip(FIELDS, one.split("; "), strict=True)) for one in received]

    def _refuse_foreign_ranks(self, logits: Tensor) -> None:
        i, world = self.world.mine[0], self.world
        own = list(range(world.rank - world.shard, world.rank - world.shard + world.shards))
        found = sharding_ranks(logits)
        if not set(found) <= set(own):
            raise Refused(
                f"model {i} must be sharded over its own ranks {own}, got {found}; give fully_shard "
                "mesh=DeviceMesh.from_group(peers.row, ...)"
            )

    def _refuse_out_of_step(self, j: int, models: list[dict]) -> None:
        i, shard = self.world.mine[0], self.world.shard
        mine, theirs = models[i], models[j]
        if theirs["k"] != mine["k"]:
            raise Refused(
                f"models {i} and {j} must be at the same k, got {mine['k']} and "
                f"{theirs['k']} in shard {shard}; skip minibatches, evaluate and count in "
                "all ranks alike"
            )
        for field, (what, do) in MUST_BE_EQUAL.items():
            if theirs[field] != mine[field]:
                raise Refused(
                    f"models {i} and {j} must {what}, got {mine[field]} and "
                    f"{theirs[field]} at {mine['k']} in shard {shard}; {do}"
                )


def refuse_one(pairs: list[tuple[int, int, dict, dict]]) -> None:
    """Raises Refused if two models are one: equal weights after an update, or equal logits."""
    for i, j, one, other in pairs:
        same_weights = one["weights"] == other["weights"]
        moved = one["moved"] == other["moved"] == "moved"
        if same_weights and moved:
            raise Refused(
                f"models {i} and {j} must be different models: their weights are equal after an "
                "update; give DistributedDataParallel "
                "process_group=peers.row"
            )
        # Before the first update different weights may give equal logits: LoRA's B starts at zero.
        if one["logits"] == other["logits"] != CONSTANT and (same_weights or moved):
            raise Refused(
                f"models {i} and {j} must be different models: all their logits are equal; start from "
                "different weights, torch.manual_seed(peers.model), or, if they do, give DistributedDataParallel "
                "process_group=peers.row"
            )


def are_distinct(one: dict, other: dict) -> bool:
    """True if weights and logits differ; if no weights were found, logits alone decide."""
    weights = one["weights"] != other["weights"] or one["weights"] == NONE
    return weights and one["logits"] != other["logits"]
