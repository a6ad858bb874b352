"""One rank of a benchmark: times updates of Algorithm 1 over the network, several exchanges in turn."""

import json
import os
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from bench.rules import exchanges
from codist.exchange.checkpoints import Checkpoints
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.ranks import Distributed
from codist.train import Now, step
from codist.workload import Batch
from workloads.images.resnet import SmallResNet

NOW = Now(lr=0.01, weight_decay=0.0, alpha=1.0, smoothing=0.0)


class Weights(nn.Module):
    """A network with `size` parameters, logits (B, classes) and little compute: traffic only."""

    def __init__(self, size: int, classes: int):
        super().__init__()
        self.last = nn.Linear(16, classes, bias=False)
        self.rest = nn.Parameter(torch.zeros(size - 16 * classes))

    def forward(self, x):
        return self.last(x) + self.rest[:1]


class Waiting(Distributed):
    """A World without overlap: every transfer completes before anything else runs."""

    def move(self, sent, peers=None):
        wait = super().move(sent, peers)
        wait()
        return lambda: None


def network(case: dict) -> nn.Module:
    if "size" in case:
        return Weights(case["size"], case["classes"])
    return SmallResNet(width=case["width"], blocks=1, channels=1, classes=case["classes"])


def examples(case: dict):
    shape = (case["batch"], 16) if "size" in case else (case["batch"], 1, 16, 16)
    return torch.randn(*shape), torch.randint(case["classes"], (case["batch"],))


def update_of(kind: str, world, case: dict):
    """A function that runs update k."""
    learners = {i: Learner(i, network(case), world) for i in world.mine}
    if kind == "checkpoints":
        copies = [network(case) for _ in range(world.n)]
        exchange = Checkpoints(world, case.get("period", 1), copies, seed=1, common=True)
    else:
        exchange = exchanges(world, network(case))[kind]()
    x, y = examples(case)

    def loss(logits, y, smoothing):
        return F.cross_entropy(logits, y)

    def update(k):
        parts = {part: dict.fromkeys(learners, Batch(x, y)) for part in range(case.get("parts", 1))}
        step(k, learners, parts, exchange, loss, DISTANCES["mse"], NOW)
        for model in learners.values():
            model.seen = {"loss": [], "penalty": []}

    return update


def left_host() -> int:
    """Bits that this host has sent so far through the interface of gloo, counted by the kernel."""
    counters = Path("/sys/class/net", os.environ["GLOO_SOCKET_IFNAME"], "statistics")
    return 8 * int((counters / "tx_bytes").read_text())


def main() -> None:
    """Print {kind: what was measured}, each per update.

    seconds  minimum over turns
    bits     handed to gloo by this rank, in the last turn
    counted  of this rank by v2 §3, in the last turn
    wire     bits that left this host, headers included, in the last turn
    """
    case = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    n, kind_of_world = case["n"], Waiting if case.get("waiting") else Distributed
    world = kind_of_world(n, case.get("devices", 1), case.get("servers", 2), "cpu", 120.0)
    loops = {kind: update_of(kind, world, case) for kind in case["kinds"]}
    found = {}
    for turn in range(case["turns"] + 1):  # the first turn warms up
        for kind, update in loops.items():
            world.agree(0)
            world.all_bits()  # a barrier
            left, before = left_host(), dict(world.bits)
            world.all_bits()  # no rank of this host sends before all have read its counter
            began = time.perf_counter()
            for k in range(case["updates"]):
                update(turn * case["updates"] + k)
            world.all_bits()
            seconds = (time.perf_counter() - began) / case["updates"]
            wire = (left_host() - left) / case["updates"]
            sent = {name: (world.bits[name] - before[name]) / case["updates"] for name in before}
            if turn:
                best = min(seconds, found.get(kind, {}).get("seconds", seconds))
                found[kind] = {
                    "seconds": best,
                    "bits": sent["moved_exchange"] + sent["moved_all_reduce"],
                    "counted": sent["exchange"] + sent["all_reduce"],
                    "wire": wire,
                }
    world.leave()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
