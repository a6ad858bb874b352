"""Codistillation in a training loop of one's own: which model this rank holds, and the penalty that joins them."""

import operator

import torch
from torch import Tensor

from codist.codecs import Full
from codist.comparison import Comparison
from codist.errors import Refused, nearest
from codist.exchange.predictions import Predictions
from codist.existing_group import ExistingGroup
from codist.losses import DISTANCES


class Peers:
    """n models on the ranks of the loop's own process group, each learning to predict what the others predict.

    Made once, in all ranks, after init_process_group. Data, optimizer, schedules, precision and
    checkpoints stay the loop's; there is no state here to save. Rank r holds shard r % m of model r
    // m, with m = ranks / n: torchrun's ranks of one server are neighbours, so n servers hold a
    model each, and only logits cross between them.

    n         models; 1 is plain data parallelism
    period    T, updates from one exchange to the next; in between there is no penalty (v2 §3)
    distance  D, by its name in codist.losses: mse (v2 A.3), mse_sum, cross_entropy (Anil et al.
              §2), kl
    codec     how logits are sent (codist.codecs): Full(), as they are, 32 bits each, or 16 in bf16
              and fp16; Half(); TopK(k, C, to_logits=True) where D is mse or mse_sum, and
              to_logits=False where it is another
    positions one row of logits in so many is sent, drawn from `seed`, k and the minibatch: anew for
    each, micro-batches
              of one k included, but alike wherever a minibatch comes again at the same k

    model           of this rank, 0 ... n-1; models should begin from different weights
    shard, shards   this rank reads part `shard` of `shards` of each minibatch, and so do its peers
    row             process group of this model's ranks, for DistributedDataParallel and all else
                    that is averaged over one model: SyncBatchNorm, metrics

    Raises Refused (a ValueError) where there is no process group, or n, period, distance or
    positions cannot be; and in all ranks where they were not given the same of these, codec and
    seed. A rank that does not answer is given up, here and in every exchange, after the timeout
    that init_process_group was given.
    """

    def __init__(
        self,
        n: int = 2,
        period: int = 1,
        distance: str = "mse",
        codec: Full | None = None,
        positions: int = 1,
        seed: int = 0,
    ):
        if distance not in DISTANCES:
            raise Refused(f"distance={distance} is not known; {nearest(distance, DISTANCES)}")
        n, period = whole("n", n, "models", 1), whole("period", period, "updates", 1)
        positions = whole("positions", positions, "rows of which one is sent", 1)
        if not isinstance(codec or Full(), Full):
            raise Refused(
                f"codec is one of codist.codecs: Full(), Half(), TopK(k, C, to_logits=True), got {codec!r}"
            )
        codec = codec or Full()
        codec.suit(distance)
        alike = {"period": period, "distance": distance, "positions": positions, "seed": seed}
        self.world = ExistingGroup(n, alike | {"codec": f"{type(codec).__name__} {vars(codec)}"})
        self.exchange = Predictions(self.world, period, codec, None, positions, seed)
        self.distance = DISTANCES[distance]
        self.model, self.row = self.world.mine[0], self.world.row
        self.shard, self.shards = self.world.shard, self.world.shards
        self.compare = Comparison(self.world)

    @torch.compiler.disable  # what is compared is read on the host
    def penalty(self, k: int, x: Tensor, logits: Tensor) -> Tensor:
        """1/(n-1) sum_j D(f_i(x), f_j(x)) of Algorithm 1 (v2 §3), to be added to the loss alpha times: a scalar.

        k       the update, counted from 0 in training or in the epoch; all ranks call this at the
                same k, and wait
        x       what the network saw, or whatever else tells one minibatch from another, crops
                included
        logits  (N, C), with gradient, in any precision; D is computed in fp32, and its gradient
                goes to them alone

        0 without gradient where nothing is exchanged: k is no multiple of the period, or there is
        one model. Each exchange begins with a comparison (codist.comparison), an all_gather of its
        own that the host waits for. It covers k, shapes and dtypes, and a checksum of 4096 elements
        of x, others at each k; and, until the models were seen to differ, a few weights, found
        through the autograd graph of the logits. Raises Refused in all models where these show that
        they are out of step, or one and the same; and, in this rank alone, for logits without a
        gradient to learn by, without rows, or of another shape than (N, C) or the codec's.
        """
        k = whole("k", k, "updates so far", 0)
        if self.world.n == 1 or k % self.exchange.period:
            return torch.zeros((), device=logits.device)
        for name, value in (("x", x), ("logits", logits)):
            if not isinstance(value, Tensor):
                raise Refused(
                    f"{name} must be one tensor, got {type(value).__name__}; give one that is in it"
                )
        if torch.is_grad_enabled() and not logits.requires_grad:
            raise Refused(
                "logits must come with their gradient, which the penalty is for; do not detach them"
            )
        if logits.dim() != 2:
            raise Refused(
                f"logits must be (N, C), a row an example, got {tuple(logits.shape)}; move C last and "
                "flatten the others"
            )
        self.exchange.codec.check(logits.shape[1])
        if not len(logits):
            raise Refused(
                f"logits are empty, {tuple(logits.shape)}; skip such a minibatch in all ranks"
            )
        minibatch = self.compare(k, x, logits)
        where, said = self.exchange.others(k, (self.shard, minibatch), {}, {self.model: logits})[
            self.model
        ]
        return self.distance(logits[where].float(), said)

    @property
    def sent_bits(self) -> int:
        """Payload that this rank has sent to its peers since this was made: (n-1) x 32 x C x N an exchange of whole
        logits, 16 in place of 32 where they are bf16 or fp16. The 256 bytes to each peer by which
        an exchange begins are not payload, as by v2 §3, and not counted."""
        return self.world.bits["moved_exchange"]


def whole(name: str, value: object, meaning: str, least: int) -> int:
    """As an int, numpy's too. Raises Refused where it is none, or below `least`."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # what is no number raises
    except TypeError:
        number = least - 1
    if number < least:
        came = repr(value).splitlines()[0]
        raise Refused(f"{name} is a number of {meaning}, whole and {least} or more, got {came}")
    return number
