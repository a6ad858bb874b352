"""Frozen teachers: models learn from the finished models of another arm, as in two-phase distillation.

Anil et al. compare it with codistillation (§3.4.1).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

from codist.errors import Refused
from codist.exchange.copies import Copies
from codist.exchange.no_exchange import NoExchange
from codist.exchange.no_exchange import Options as CommonOptions
from codist.start import Start

TAUGHT_BY = "taught_by"  # in done.json: the digest of the teachers' checkpoint


@dataclass
class Options(CommonOptions):
    """Every model learns from all finished models of one arm, of the same seed.

    Nothing is sent during the run, so `sent_bits` is 0. By v2 §3, loading the weights once would
    count as one exchange of checkpoints, b_model of each teacher.
    """

    kind: str = field(default="frozen", init=False)
    of: str = ""  # the arm whose models are the teachers; of another sweep: <sweep>/<arm>

    def check(self, run) -> None:
        if not self.of:
            raise Refused(
                "exchange.kind=frozen needs the arm whose finished models teach; set exchange.of=<an arm "
                "of the same sweep>, or <sweep>/<arm>"
            )

    def starts(self) -> list[Start]:
        return [Start("exchange.of", self.of, TAUGHT_BY, answers=True)]

    def open(self, run, workload, world) -> Frozen:
        common = run.sampling == "same"
        return Frozen(
            world,
            workload,
            run.workload,
            run.seed,
            common,
            self.of,
            rows=run.device_batch,
            burn_in=run.burn_in,
        )


class Frozen(NoExchange):
    """Copies of finished models answer each mini-batch; they are never renewed.

    Teachers run in evaluation mode: no dropout, BatchNorm with its running statistics. That is the
    model that was measured at the end of its run, and the teacher of two-phase distillation. Stale
    copies of young models need train mode, since their running statistics lag behind the weights
    (checkpoints.py); those of a finished model do not.

    options: of the students' workload. common: all models see the same minibatch. rows, burn_in: of
    copies.py.
    """

    def __init__(self, world, workload, options, seed: int, common: bool, arm: str,
                 rows: int = 0, burn_in: int = 0):  # fmt: skip
        self.world, self.workload, self.options = world, workload, options
        self.seed, self.common, self.arm = seed, common, arm
        self.rows, self.burn_in = rows, burn_in

    def start(self, finished, folder):
        taught_by = finished[TAUGHT_BY]
        teachers = self.networks(taught_by)
        self.checkpoint, self.weights = taught_by.digest, taught_by.digest_of_networks
        placed = [self.world.place(network).eval().requires_grad_(False) for network in teachers]
        peers = [range(len(placed))] * self.world.n
        self.copies = Copies(
            placed, peers, self.seed, self.common, self.world, self.rows, self.burn_in
        )

    def networks(self, finished) -> list:
        """The teachers: networks by the config of their own run, with its weights. Raises Refused."""
        own, where = self.options, f"exchange.of={self.arm}: {finished.folder}"
        try:
            options = type(own)(**finished.config["workload"])
            described = copy.copy(self.workload)  # the same data
            described.options = options
            found = [described.network(j) for j in range(len(finished.networks))]
            for network, weights in zip(found, finished.networks, strict=True):
                network.load_state_dict(weights)
        except (TypeError, RuntimeError, LookupError) as error:
            raise Refused(
                f"{where}: its weights do not fit the networks that its config describes today; move it "
                "away and train it again"
            ) from error
        if options.classes != own.classes:
            raise Refused(
                f"{where} has models of {options.classes} classes, expected {own.classes}; name another arm"
            )
        return found

    def begin(self, k, learners):
        self.learners = learners

    def others(self, k, part, batch, logits):
        return self.copies.others(k, part, batch, self.learners)

    def state(self):
        return {"checkpoint": self.checkpoint, "weights": self.weights} | self.copies.state()

    def resume(self, state):
        if state["weights"] != self.weights:
            raise Refused(
                f"exchange.of={self.arm}: its models were trained again since this run began: expected weights "
                f"{state['weights'][:10]}, got {self.weights[:10]}; restore them, or move this run's folder away"
            )
        self.checkpoint = state["checkpoint"]
        self.copies.resume(state)

    def facts(self):
        return {TAUGHT_BY: self.checkpoint}
