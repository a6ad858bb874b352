"""Exchange through files: groups that never wait publish weights and hear the freshest there are (Anil et al. §2.1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from codist.codecs import CODECS, WEIGHTS, codec_of
from codist.errors import Refused
from codist.exchange.checkpoints import flattened, without_statistics
from codist.exchange.copies import Copies
from codist.exchange.no_exchange import NoExchange
from codist.exchange.periodic import PeriodicOptions
from codist.run_identity import identity
from codist.store_notes import lines
from codist.store_use import StoreUse

if TYPE_CHECKING:
    from torch import nn

    from codist.published import Form

PUBLISHED = "published"  # the store in a run's folder, unless place.store names another


@dataclass
class Options(PeriodicOptions):
    """Each model is trained apart. Every `period` updates it publishes its weights and hears its peers."""

    sends = WEIGHTS
    apart = True

    kind: str = field(default="files", init=False)

    def check(self, run) -> None:
        super().check(run)
        if getattr(run.workload, "freeze", False):
            raise Refused(
                "exchange.kind=files runs stale copies in train mode, and workload.freeze needs the first layers in "
                "evaluation mode; set exchange.kind=predictions"
            )

    def scaled(self, by) -> Options:
        return replace(self, period=max(1, round(self.period / by.period)))

    def sent_bits(self, run, updates: int) -> float:
        """Bits that an average device writes into the store; what peers read from there is not counted.

        A model writes its weights once for all peers, every `period` updates and after its last.
        """
        times = -(-updates // self.period) + (updates == run.updates)
        of = CODECS[self.codec].weights_bits
        weights = sum(of(run.workload.parameters(i)) for i in run.models) / len(run.models)
        return times * weights // run.devices

    def forward_passes(self, run) -> int:
        return len(self.peers_of(run.n)[0])

    def notes(self, run, update_seconds: float) -> list[str]:
        weights = max(map(run.workload.parameters, range(run.n)))
        bits, peers = CODECS[self.codec].weights_bits(weights), len(self.peers_of(run.n)[0])
        link = run.place.link
        return lines(StoreUse(run.n, peers, bits, self.period, update_seconds, link))

    def open(self, run, workload, world) -> Files:
        from codist.live_peers import LivePeers
        from codist.published import Form
        from codist.store import store_at

        model = world.first
        codec = codec_of(self.codec, 0, run.workload.classes, run.distance)
        form = Form(identity(run.to_dict()), codec, run.updates)

        def meet(folder: Path, weights: dict[int, int]) -> LivePeers:
            place = run.place
            own = Path(run.scale, run.sweep, run.arm, str(run.seed)).as_posix()
            address = f"{place.store}/{own}" if place.store else str(folder.parent / PUBLISHED)
            return LivePeers(store_at(address), folder, form, model, weights, peers)

        peers = self.peers_of(run.n)[model]
        networks = {j: workload.network(j) for j in peers}
        return Files(world, self, run, networks, form, meet)


class Files(NoExchange):
    """Publishes this group's weights every `period` updates and learns from stale copies of its peers.

    What was heard at an update, and only that, makes a run differ from another of its seed. So a
    run can be repeated to the bit from its journal (launch/replay.py).

    networks  {j: network of model j} for the peers
    form      of the checkpoints that this run publishes
    meet      opens the peers, in the first rank, by the group's folder and {j: weights of model j}:
              codist.live_peers.LivePeers, or what replays a journal

    Copies run in train mode, as those of an exchange of checkpoints do, and for the same reasons.
    """

    def __init__(self, world, options: Options, run, networks: dict[int, nn.Module], form: Form,
                 meet: Callable):  # fmt: skip
        self.world, self.period, self.form, self.meet = world, options.period, form, meet
        self.model, self.updates = world.first, run.updates
        placed = {
            j: without_statistics(world.place(network)).train().requires_grad_(False)
            for j, network in networks.items()
        }
        self.weights = {j: flattened(network) for j, network in placed.items()}  # (W,) of each peer
        self.heard = dict.fromkeys(placed, -1)  # the update of each peer's copy, -1 without one
        peers = options.peers_of(run.n)
        common = run.sampling == "same"
        self.copies = Copies(placed, peers, run.seed, common, world, run.device_batch, run.burn_in)
        self.begun: list[int] = []  # the last updates begun when the state was saved
        self.now = -1

    def start(self, finished, folder):
        self.folder, self.peers, self.own = folder, None, ()

    def begin(self, k, learners):
        self.learners, self.now = learners, k
        model = learners[self.model]
        if self.peers is None and self.world.rank == 0:
            counts = {j: len(weights) for j, weights in self.weights.items()}
            self.own = [one.detach() for one in model.network.parameters()]
            counts[self.model] = sum(one.numel() for one in self.own)
            self.bits = self.form.codec.weights_bits(counts[self.model])
            self.peers = self.meet(self.folder, counts)
            self.peers.resume(self.heard)
        model.log("heard_age", "passed_over")
        if k % self.period == 0:
            self.publish(k)
            self.hear(k, model)

    def publish(self, k: int) -> None:
        """Hand this group's weights over to be written."""
        if self.world.rank:
            return
        self.world.bits["exchange"] += self.bits
        self.peers.publish(k, self.own)

    def hear(self, k: int, model) -> None:
        """Take over the checkpoints that the first rank found; all ranks of the group call it together."""
        import torch

        found = self.peers.hear(k) if self.world.rank == 0 else []
        usable = {one.peer: one for one in found if not one.why}
        told = self.world.same(
            ({j: one.update for j, one in usable.items()}, len(found) - len(usable))
        )
        for j, update in told[0].items():
            if j in usable:
                self.weights[j].copy_(usable[j].weights)
            self.world.align([self.weights[j]])
            self.heard[j] = update
        if self.world.rank == 0:
            model.record(passed_over=torch.tensor(float(told[1])))

    def others(self, k, part, batch, logits):
        import torch

        there = [j for j, update in self.heard.items() if update >= 0]
        if not there:
            return {}
        age = sum(k - self.heard[j] for j in there) / len(there)
        self.learners[self.model].record(heard_age=torch.tensor(age))
        self.copies.peers = {self.model: there}
        return self.copies.others(k, part, batch, self.learners)

    def finish(self, learners):
        self.publish(self.updates)
        if self.world.rank == 0:
            self.peers.close()

    def facts(self):
        return {"live": True}  # claims ask for it (figures/evidence/claim.py)

    def state(self):
        if self.now >= 0 and self.world.rank == 0:
            # what was heard before the oldest checkpoint that is kept is not heard again
            self.begun = [*self.begun[-2:], self.now]
            if len(self.begun) == 3:
                self.peers.forget(self.begun[0])
        copies = {"copies": [weights.cpu() for weights in self.weights.values()]}
        return copies | {"heard": list(self.heard.values())} | self.copies.state()

    def resume(self, state):
        for weights, saved in zip(self.weights.values(), state["copies"], strict=True):
            weights.copy_(saved)
        self.heard = dict(zip(self.heard, state["heard"], strict=True))
        self.copies.resume(state)
