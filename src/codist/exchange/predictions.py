"""Exchange of predictions: all models see the same minibatch and send its logits (v2 §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import EllipsisType
from typing import TYPE_CHECKING

from codist.codecs import CODECS, Full, codec_of, decoding_error
from codist.errors import Refused
from codist.exchange.no_exchange import ALL, NoExchange, stacked
from codist.exchange.periodic import PeriodicOptions, everyone
from codist.keys import generator

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class Options(PeriodicOptions):
    """Logits are sent every `period` updates; other updates have no distillation term."""

    kind: str = field(default="predictions", init=False)
    k: int = 8  # for codec=topk: logits sent per row
    positions: int = 1  # send one row in `positions`, drawn for each device batch (C36)

    def check(self, run) -> None:
        super().check(run)
        for name, value in (("k", self.k), ("positions", self.positions)):
            if not value > 0:
                raise Refused(f"exchange.{name} must be above 0, got {value}")
        if run.sampling != "same":
            raise Refused(
                f"exchange.kind=predictions needs the same minibatch in all models, got sampling={run.sampling}; "
                "set sampling=same or exchange.kind=checkpoints"
            )
        classes = run.workload.classes
        if self.codec == "topk" and self.k >= classes:
            raise Refused(
                f"exchange.k must be below the number of classes, {classes}, got {self.k}; set exchange.codec=half"
            )

    def sent_bits(self, run, updates: int) -> float:
        """Bits sent: (n-1) b_pred B per exchange.

        For text this is an upper bound: logits of padding are not sent, and a device batch filled by
        tokens is not quite full.
        """
        rows = -(-run.device_batch * getattr(run.workload, "targets", 1) // self.positions)
        return (
            self.messages(run, updates)
            * rows
            * CODECS[self.codec].row_bits(run.workload.classes, self.k)
        )

    def open(self, run, workload, world) -> Predictions:
        codec = codec_of(self.codec, self.k, run.workload.classes, run.distance)
        return Predictions(
            world, self.period, codec, self.peers_of(run.n), self.positions, run.seed
        )


class Predictions(NoExchange):
    """Sends logits every `period` updates.

    All models see the same minibatch, so model j has computed f_j(x) already. The error of a lossy
    codec on the sent rows is logged as codec_error (codecs.decoding_error).

    peers:     for each model those it learns from; None: all others
    positions: one row in `positions` is sent, at least one, drawn for each device batch. The key of
               the draw does not name the model, so all models draw the same rows and no index is
               sent. The expectation of D over these rows is D over all rows.
    """

    def __init__(
        self,
        world,
        period: int,
        codec: Full | None = None,
        peers: list[list[int]] | None = None,
        positions: int = 1,
        seed: int = 0,
    ):
        self.world, self.period, self.codec = world, period, codec or Full()
        self.positions, self.seed = positions, seed
        self.peers = peers or everyone(world.n)
        # they log the codec's error; empty in codist.peers, which never calls begin
        self.learners: dict = {}

    def begin(self, k, learners):
        self.learners = learners

    def others(self, k, part, batch, logits):
        import torch

        if k % self.period:
            return {}
        rows = self.drawn_rows(k, part, next(iter(logits.values())))
        with torch.no_grad():
            own = {i: self.codec.encode(mine.detach()[rows]) for i, mine in logits.items()}
            like = next(iter(own.values()))
            sent = [own[j] if j in own else torch.empty_like(like) for j in range(self.world.n)]
            self.world.share(sent, self.peers, part)()
            received = {j: self.codec.decode(sent[j]) for i in logits for j in (i, *self.peers[i])}
            if self.codec.lossy:
                for i, model in self.learners.items():
                    model.record(codec_error=decoding_error(logits[i][rows], received[i]))
            return {i: (rows, stacked([received[j] for j in self.peers[i]])) for i in logits}

    def drawn_rows(
        self, k: int, part: int | tuple[int, int], logits: Tensor
    ) -> EllipsisType | Tensor:
        """The rows to send: all, or (M,) indices with M = ceil(N / positions).

        part: the device batch; if k can repeat, together with a checksum of its content.
        """
        import torch

        if self.positions == 1:
            return ALL
        rows = torch.randperm(len(logits), generator=generator(self.seed, "positions", k, part))
        return rows[: -(-len(rows) // self.positions)].to(logits.device)
