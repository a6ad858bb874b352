"""Rules of workers on two ranks (gloo): an update over the same by hand, and over torch's own; CPU time.

Both ranks together, the minimum of interleaved rounds. ResNet-8, 311,000 parameters, 32 images of 16 x 16.
"""

import multiprocessing
import os
import time

import torch

from bench.rules import RULES, ours
from bench.rules_by_hand import by_hand
from bench.rules_of_torch import OF_TORCH, torchs_own
from codist.ranks import Distributed
from launch.failing import free_port
from workloads.images.resnet import SmallResNet

ROUNDS, UPDATES, B = 15, 8, 32


def run(line) -> None:
    port = free_port()
    with multiprocessing.get_context("spawn").Pool(2) as processes:
        found = processes.starmap(measured, [(rank, port) for rank in range(2)], chunksize=1)
    took = {loop: sum(rank[loop] for rank in found) for loop in found[0]}
    for rule in RULES:
        ratio = took[rule, "ours"] / took[rule, "by hand"]
        line(f"{rule}: over the same rule by hand", ratio, at_most=1.05)
    for rule in OF_TORCH:
        line(f"{rule}: over torch's own", took[rule, "ours"] / took[rule, "torch"], at_most=1.05)


def measured(rank: int, port: int) -> dict[tuple[str, str], float]:
    """CPU seconds of one update of each (rule, loop) in this rank."""
    os.environ |= {"RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_RANK": str(rank)}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    torch.set_num_threads(1)
    world = Distributed(2, 1, 2, "cpu", 300.0)
    torch.manual_seed(rank)
    x, y = torch.randn(B, 1, 16, 16), torch.randint(10, (B,))
    loops = {}
    for rule in RULES:
        loops[rule, "ours"] = ours(rule, world, network())
        loops[rule, "by hand"] = by_hand(rule, network())
        if rule in OF_TORCH:
            loops[rule, "torch"] = torchs_own(rule, network())
    least = dict.fromkeys(loops, float("inf"))
    for turn in range(ROUNDS):
        for name, update in loops.items():
            began = time.process_time()
            for k in range(turn * UPDATES, (turn + 1) * UPDATES):
                update(k, x, y)
            least[name] = min(least[name], (time.process_time() - began) / UPDATES)
    world.leave()
    return least


def network() -> SmallResNet:
    torch.manual_seed(1)
    return SmallResNet(width=32, blocks=1, channels=1, classes=10)
