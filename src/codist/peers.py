"""Codistillation in a training loop of one's own: which model this rank holds, and the penalty that joins them."""

import zlib

import torch
from torch import Tensor

from codist.codecs import Full
from codist.errors import Refused, nearest
from codist.exchange import Predictions
from codist.losses import DISTANCES
from codist.ranks import Guest


class Peers:
    """n models on the ranks of the loop's own process group, each learning to predict what the others predict.

    Made once, in all ranks, after init_process_group. Data, optimizer, schedules, precision and checkpoints stay the
    loop's; there is no state here to save. Rank r holds shard r % m of model r // m, with m = ranks / n: torchrun's
    ranks of one server are neighbours, so n servers hold a model each, and only logits cross between them.

    n         models; 1 is plain data parallelism
    period    T, updates from one exchange to the next; in between there is no penalty (v2 §3)
    distance  D, by its name in codist.losses: mse (v2 A.3), mse_sum, cross_entropy (Anil et al. §2), kl
    codec     how logits are sent (codist.codecs): Full(), 32 bits each; Half(); TopK(k, C, to_logits=True) where D is
              mse or mse_sum, and to_logits=False where it is another
    positions one row of logits in so many is sent, drawn anew at each k from `seed`, which all ranks must give alike

    model           of this rank, 0 ... n-1; models should begin from different weights
    shard, shards   this rank reads part `shard` of `shards` of each minibatch, and so do its peers
    row             process group of this model's ranks, for DistributedDataParallel and all else that is averaged over
                    one model: SyncBatchNorm, metrics

    Raises Refused (a ValueError) where there is no process group, or n, period, distance or positions cannot be; and in
    all ranks where they were not given the same of these, codec and seed. A rank that does not answer is given up, here
    and in every exchange, after the timeout that init_process_group was given.
    """

    def __init__(self, n: int = 2, period: int = 1, distance: str = "mse", codec: Full | None = None,
                 positions: int = 1, seed: int = 0):  # fmt: skip
        if distance not in DISTANCES:
            raise Refused(f"distance={distance} is not known; {nearest(distance, DISTANCES)}")
        for name, value, meaning in (("n", n, "models"), ("period", period, "updates"),
                                     ("positions", positions, "rows of which one is sent")):  # fmt: skip
            if not isinstance(value, int) or value < 1:
                raise Refused(f"{name} is a number of {meaning}, whole and 1 or more, came {value!r}")
        if not isinstance(codec or Full(), Full):
            raise Refused(f"codec is one of codist.codecs: Full(), Half(), TopK(k, C, to_logits=True), came {codec!r}")
        codec = codec or Full()
        codec.suit(distance)
        alike = {"period": period, "distance": distance, "positions": positions, "seed": seed}
        self.world = Guest(n, alike | {"codec": f"{type(codec).__name__} {vars(codec)}"})
        self.exchange = Predictions(self.world, period, codec, None, positions, seed)
        self.distance = DISTANCES[distance]
        self.model, self.row = self.world.mine[0], self.world.row
        self.shard, self.shards = self.world.shard, self.world.shards
        self.met = False  # have the models been seen to see the same minibatch?

    def penalty(self, k: int, x: Tensor, logits: Tensor) -> Tensor:
        """1/(n-1) sum_j D(f_i(x), f_j(x)) of Algorithm 1 (v2 §3), to be added to the loss alpha times: a scalar.

        k       the update, counted from 0 in training or in the epoch; all ranks call this at the same k, and wait
        x       what the network saw, or whatever else tells one minibatch from another, crops included
        logits  (N, C), with gradient, in any precision; D is computed in fp32, and its gradient goes to them alone

        0 without gradient where nothing is exchanged: k is no multiple of the period, or there is one model.
        Raises Refused, at the first exchange, where the models do not see the same minibatch, or are one and the same;
        and for logits without a gradient to learn by, or of another shape than (N, C) or the codec's.
        """
        if self.world.n == 1 or k % self.exchange.period:
            return torch.zeros((), device=logits.device)
        if torch.is_grad_enabled() and not logits.requires_grad:
            raise Refused("logits must come with their gradient, which the penalty is for; do not detach them")
        if logits.dim() != 2:
            raise Refused(f"logits must be (N, C), a row an example, came {tuple(logits.shape)}; flatten all but C")
        self.exchange.codec.check(logits.shape[1])
        if not self.met:
            self._meet(x, logits)
        where, said = self.exchange.others(k, self.shard, {}, {self.model: logits})[self.model]
        return self.distance(logits[where].float(), said)

    @property
    def sent_bits(self) -> int:
        """Payload that this rank has sent to its peers so far: (n-1) x 32 x C x N an exchange of whole logits."""
        return self.world.bits["moved_exchange"]

    def _meet(self, x: Tensor, logits: Tensor) -> None:
        """Compare checksums along the column: of other shapes a collective would hang, of other examples mislead."""
        seen = torch.tensor([checksum(x), *logits.shape, checksum(logits)])
        said = [seen.to(logits.device, copy=True) for _ in range(self.world.n)]
        self.world.move(said)()
        for j, theirs in enumerate(one.tolist() for one in said):
            both, mine = f"models {self.model} and {j}", seen.tolist()
            if theirs[1:3] != mine[1:3]:
                raise Refused(f"{both} must give logits of one shape, and give {mine[1:3]} and {theirs[1:3]}")
            if theirs[0] != mine[0]:
                raise Refused(f"{both} must see the same minibatch, and do not in shard {self.shard}; order and crops "
                              "may depend on epoch and shard, never on rank or model")  # fmt: skip
            if j != self.model and theirs == mine and logits.min() < logits.max():  # a head may begin at zero
                raise Refused(f"{both} are one: all their logits are equal; begin from different weights, and give "
                              "DistributedDataParallel process_group=peers.row")  # fmt: skip
        self.met = True


def checksum(tensor: Tensor) -> int:
    """Of its bits."""
    return zlib.crc32(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy())
