"""What models compare before they exchange logits: are they in step, and not one and the same?"""

from itertools import combinations

import torch
from torch import Tensor, nn

from codist.checksums import checksum, checksum_of_weights, parameters_behind
from codist.errors import Refused

MESSAGE_BYTES = 256  # from each model to each of its peers
NONE, LATER, CONSTANT = "none", "later", "constant"  # in place of a checksum
MUST_BE_EQUAL = {
    "shape": (
        "give logits of one shape",
        "drop an incomplete minibatch, and evaluate, in all ranks alike",
    ),
    "dtype": ("give logits of one dtype", "use autocast, or cast them, in all ranks alike"),
    "x": ("be given x of one dtype and shape", "cast it, and evaluate, in all ranks alike"),
    "minibatch": (
        "see the same minibatch",
        "order and crops may depend on epoch and shard, never "
        "on rank or model; skip minibatches and evaluate in all ranks alike",
    ),
}
FIELDS = ("k", "shape", "dtype", "minibatch", "weights", "moved", "logits", "x")  # x may be cut off


class Comparison:
    """The comparison that precedes every exchange: an all_gather along a column of ranks.

    Logits of different shapes or dtypes would hang or abort a collective; logits of different
    examples would mislead. Models that are one, because DistributedDataParallel averages over all
    ranks, would learn nothing from each other. Weights tell: they are equal although an update
    changed them. Equal weights alone are no mistake: under dropout models may begin from them.

    world: codist.existing_group.ExistingGroup
    """

    def __init__(self, world):
        self.world = world
        self.distinct = False  # models were seen to differ: weights and logits are compared no more
        self.weights: list[nn.Parameter] = []  # of this model, sampled until then
        self.first = ""  # their checksum at the first exchange

    def __call__(self, k: int, x: Tensor, logits: Tensor) -> int:
        """The checksum of minibatch x, once all models of this shard are compared. logits: (N, C).

        Raises Refused where k, the shape or dtype of the logits or of x, or the minibatch differ;
        and, in all models alike, where two of them are one.
        """
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
            self.weights = [] if self.distinct else self.weights
        return minibatch

    def _identity(self, logits: Tensor) -> tuple[str, str, str]:
        """Checksum of a few weights, "moved" once it changed, and checksum of the logits."""
        if self.distinct:
            return "", "", ""
        varied = bool((logits.amin(0) < logits.amax(0)).any())  # a head may begin at zero
        of_logits = f"{checksum(logits):08x}" if varied else CONSTANT
        self.weights = self.weights or parameters_behind(logits)
        if not self.weights:
            return NONE if logits.requires_grad else LATER, "", of_logits
        now = checksum_of_weights(self.weights)
        self.first = self.first or now
        return now, "moved" if now != self.first else "", of_logits

    def _gather(self, message: str, device) -> list[dict[str, str]]:
        """The messages of all models of this shard, by model."""
        text = bytearray(message.encode()[:MESSAGE_BYTES].ljust(MESSAGE_BYTES))
        mine = torch.frombuffer(text, dtype=torch.uint8).to(device)
        sent = [mine.clone() for _ in range(self.world.n)]
        self.world.move(sent)()
        received = [row.tobytes().decode().strip() for row in torch.stack(sent).cpu().numpy()]
        return [dict(zip(FIELDS, one.split("; "), strict=True)) for one in received]

    def _refuse_out_of_step(self, j: int, models: list[dict]) -> None:
        i, shard = self.world.mine[0], self.world.shard
        mine, theirs = models[i], models[j]
        if theirs["k"] != mine["k"]:
            raise Refused(
                f"models {i} and {j} must be at the same k, and are at {mine['k']} and "
                f"{theirs['k']} in shard {shard}; skip minibatches, evaluate and count in "
                "all ranks alike"
            )
        for field, (what, do) in MUST_BE_EQUAL.items():
            if theirs[field] != mine[field]:
                raise Refused(
                    f"models {i} and {j} must {what}, and do not: {mine[field]} and "
                    f"{theirs[field]} at {mine['k']} in shard {shard}; {do}"
                )


def refuse_one(pairs: list[tuple[int, int, dict, dict]]) -> None:
    """Raises Refused where two models are one: equal weights after an update, or equal logits."""
    for i, j, one, other in pairs:
        same_weights = one["weights"] == other["weights"]
        moved = one["moved"] == other["moved"] == "moved"
        if same_weights and moved:
            raise Refused(
                f"models {i} and {j} must be trained apart, and are one: an update changed "
                "their weights, and they are equal; give DistributedDataParallel "
                "process_group=peers.row"
            )
        # Other weights may give the same logits before the first update: LoRA's B begins at zero.
        if one["logits"] == other["logits"] != CONSTANT and (same_weights or moved):
            raise Refused(
                f"models {i} and {j} are one: all their logits are equal; begin from "
                "different weights, and give DistributedDataParallel "
                "process_group=peers.row"
            )


def are_distinct(one: dict, other: dict) -> bool:
    """Do weights and logits differ? Where no weights are found, logits decide alone."""
    weights = one["weights"] != other["weights"] or one["weights"] == NONE
    return weights and one["logits"] != other["logits"]
