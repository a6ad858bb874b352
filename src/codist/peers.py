"""Codistillation in your own training loop: the model that this process holds, and the penalty."""

import os

import torch
from torch import Tensor, nn

from codist.arguments import check_logits, check_tensor, integer
from codist.codecs import Full
from codist.comparison import Comparison
from codist.errors import Refused, nearest
from codist.exchange.predictions import Predictions
from codist.existing_group import ExistingGroup
from codist.losses import DISTANCES
from codist.peers_by_files import PeersByFiles
from codist.row_weights import RowWeights


class Peers:
    """n models that learn to match each other's predictions: on ranks, or apart through files.

    On the ranks of your process group: create it once in all ranks, after init_process_group. Your
    loop keeps data, optimizer, schedules, precision and checkpoints; Peers has no state to save.
    Rank r holds shard r % m of model r // m, with m = ranks / n. torchrun numbers the ranks of a
    server consecutively, so n servers hold one model each, and only logits cross between servers.

    n         models; 1 is plain data parallelism
    period    T, updates between exchanges; other updates have no penalty (v2 §3)
    distance  D, by its name in codist.losses: mse (v2 A.3), mse_sum, cross_entropy (Anil et al.
              §2), kl
    codec     how logits are sent (codist.codecs): Full(), 32 bits each, or 16 in bf16 and fp16;
              Half(); TopK(k, C, to_logits=True) for mse and mse_sum, to_logits=False for the others
    positions one row of logits in `positions` is sent, drawn from `seed`, k and the minibatch: other
              rows for each micro-batch of one k, the same rows if a minibatch repeats at the same k

    model           index of this rank's model, 0 ... n-1; start models from different weights
    shard, shards   this rank reads part `shard` of `shards` of each minibatch, as do its peers
    row             process group of this model's ranks: pass it to DistributedDataParallel and to
                    whatever else averages over one model, such as SyncBatchNorm and metrics

    With files= each process trains one model of n, without a process group. Every `period` updates
    it publishes its weights and takes over the newest checkpoint of each peer that there is. It
    never waits for a peer. codec is then of weights: Full(), Half() or Int8().

    files           folder or address of fsspec that all n processes see; another training needs
                    another one
    model, network  index of this process's model, and the model itself, on its device and in train
                    mode. All n have the same parameters by name and shape. There are n-1 copies.

    Raises Refused (a ValueError) if an argument is invalid; with files, if the store cannot be used
    or another live process trains this model; on ranks, without a process group, and in all ranks
    if any argument differs between them. A rank that does not answer raises an error, here and in
    every exchange, after init_process_group's timeout.
    """

    def __init__(
        self,
        n: int = 2,
        period: int = 1,
        distance: str = "mse",
        codec: Full | None = None,
        positions: int = 1,
        seed: int = 0,
        *,
        files: str | os.PathLike | None = None,
        model: int | None = None,
        network: nn.Module | None = None,
    ):
        if distance not in DISTANCES:
            raise Refused(f"distance={distance} is not known; {nearest(distance, DISTANCES)}")
        n, period = integer("n", n, "models", 1), integer("period", period, "updates", 1)
        positions = integer("positions", positions, "rows of which one is sent", 1)
        if not isinstance(codec or Full(), Full):
            raise Refused(
                "codec must be one of codist.codecs, Full(), Half(), TopK(k, C, to_logits=True), or Int8() with "
                f"files=, got {codec!r}"
            )
        codec = codec or Full()
        self.files: PeersByFiles | None = None
        if files is not None:
            if n == 1 or positions != 1:
                raise Refused(
                    f"files= needs n of 2 or more and no positions, got n={n} and positions={positions}; weights are "
                    "sent, of models that have peers"
                )
            self.files = PeersByFiles(n, files, model, network, period, distance, codec, seed)
            self.model, self.row, self.shard, self.shards = self.files.model, None, 0, 1
            return
        if model is not None or network is not None:
            raise Refused(
                "model and network go with files=<a folder>; leave them out where ranks hold the models"
            )
        codec.suit(distance)
        alike = {"period": period, "distance": distance, "positions": positions, "seed": seed}
        self.world = ExistingGroup(n, alike | {"codec": f"{type(codec).__name__} {vars(codec)}"})
        self.exchange = Predictions(self.world, period, codec, None, positions, seed)
        self.distance = DISTANCES[distance]
        self.model, self.row = self.world.mine[0], self.world.row
        self.shard, self.shards = self.world.shard, self.world.shards
        self.compare, self.compare_row = Comparison(self.world), RowWeights(self.world)

    @torch.compiler.disable  # the comparison reads values on the host
    def penalty(self, k: int, x: Tensor, logits: Tensor) -> Tensor:
        """The penalty 1/(n-1) sum_j D(f_i(x), f_j(x)) of Algorithm 1 (v2 §3), a scalar.

        Add alpha times the penalty to the loss.

        k       the update, counted from 0 in training or in the epoch; all ranks must call this at
                the same k, and wait for each other. With files: counted over all epochs
        x       the network's input, or any tensor that identifies the minibatch and its crops. With
                files: the network's input, on which the copies of the peers are run
        logits  (N, C), with gradient, in any precision; D is computed in fp32, and has no gradient
                with respect to the peers

        Returns 0 without gradient if nothing is exchanged: k is no multiple of the period, or n is
        1. Each exchange begins with a check (codist.comparison), an all_gather that the host waits
        for. It compares k, shapes, dtypes and a checksum of 4096 elements of x, other elements at
        each k; until the models have been seen to differ, also a few weights, found through the
        autograd graph of the logits. Raises Refused in all models if they are out of step or are
        one model; and, in this rank alone, for logits without gradient, without rows, or of a shape
        other than (N, C) or the codec's. Warns once if the ranks of one model have other weights.

        With files nothing is compared, and the penalty is the mean over the peers heard so far, 0
        before that. It is computed at every update. Raises Refused if k goes back, or if another
        process took this model's place.
        """
        k = integer("k", k, "updates so far", 0)
        if self.files:
            check_logits(logits)
            return self.files.penalty(k, x, logits)
        if k % self.exchange.period:
            return torch.zeros((), device=logits.device)
        check_tensor("x", x)
        check_logits(logits)
        self.compare_row(logits)
        if self.world.n == 1:
            return torch.zeros((), device=logits.device)
        self.exchange.codec.check(logits.shape[1])
        minibatch = self.compare(k, x, logits)
        rows, peer_logits = self.exchange.others(
            k, (self.shard, minibatch), {}, {self.model: logits}
        )[self.model]
        return self.distance(logits[rows].float(), peer_logits)

    @property
    def sent_bits(self) -> int:
        """Payload bits that this rank has sent to its peers so far.

        An exchange of full logits sends (n-1) x 32 x C x N bits, or 16 in place of 32 in bf16 and
        fp16. The 256 bytes per peer that the check sends are not payload by v2 §3, and not counted.
        """
        return self.files.sent_bits if self.files else self.world.bits["moved_exchange"]

    @property
    def heard(self) -> dict[int, int]:
        """With files: {j: update of the checkpoint of model j in use}, without those not heard yet."""
        return dict(self.files.heard) if self.files else {}

    def close(self) -> None:
        """With files: publish the weights after the last update, and give the model's place back.

        The end of the process does it otherwise.
        """
        if self.files:
            self.files.close()
