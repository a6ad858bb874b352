"""One update: our loop over hand-written loops; minimum CPU time of interleaved rounds."""

from itertools import count, islice

import torch
import torch.nn.functional as F

from bench.loops import fastest
from codist.exchange.checkpoints import Checkpoints
from codist.exchange.no_exchange import NoExchange
from codist.exchange.predictions import Predictions
from codist.gradients import in_order
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.optimizer import Optimizer
from codist.train import Now, step
from codist.workload import Batch
from codist.world import OneProcess
from workloads.images.resnet import SmallResNet

ROUNDS, UPDATES, B = 25, 8, 32
NOW = Now(lr=0.1, weight_decay=1e-4, alpha=1.0, smoothing=0.0)


def network() -> SmallResNet:
    return SmallResNet(width=8, blocks=1, channels=1, classes=10)


def by_hand(n: int, alpha: float, parts: int = 1):
    """One update of n models in plain torch; with alpha, Algorithm 1 over a list of logits.

    parts: device batches per update, whose gradients torch accumulates in order.
    """
    networks = [network() for _ in range(n)]
    optimizers = [
        torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-4)
        for net in networks
    ]

    def independent(k, x, y):
        for net, optimizer in zip(networks, optimizers, strict=True):
            optimizer.zero_grad()
            for _ in range(parts):
                (F.cross_entropy(net(x), y) / parts).backward()
            optimizer.step()

    def codistilled(k, x, y):
        logits = [net(x) for net in networks]
        for i, optimizer in enumerate(optimizers):
            peers = [F.mse_loss(logits[i], logits[j].detach()) for j in range(n) if j != i]
            optimizer.zero_grad()
            (F.cross_entropy(logits[i], y) + alpha * sum(peers) / len(peers)).backward()
        for optimizer in optimizers:
            optimizer.step()

    return codistilled if alpha else independent


def ours(n: int, kind: str, of_update: int = 1):
    world = OneProcess(n)
    learners = {
        i: Learner(i, network(), world, optimizer=Optimizer(momentum=0.9)) for i in range(n)
    }
    exchange = {
        "none": NoExchange,
        "predictions": lambda: Predictions(world, 1),
        "checkpoints": lambda: Checkpoints(
            world, 25, [network() for _ in range(n)], seed=1, common=True
        ),
    }[kind]()

    def loss(logits, y, smoothing):
        return F.cross_entropy(logits, y, label_smoothing=smoothing)

    def update(k, x, y):
        parts = {part: dict.fromkeys(learners, Batch(x, y)) for part in in_order(of_update)}
        step(k, learners, parts, exchange, loss, DISTANCES["mse"], NOW)
        if k % 50 == 0:
            for learner in learners.values():
                learner.means()

    return update


def fastest_update(loops: dict) -> dict[str, float]:
    """CPU seconds per update of each loop, the minimum over interleaved rounds."""
    x, y = torch.randn(B, 1, 8, 8), torch.randint(10, (B,))

    def turn_of(loop):
        updates = count()

        def turn():
            for k in islice(updates, UPDATES):
                loop(k, x, y)

        return turn

    took = fastest({name: turn_of(loop) for name, loop in loops.items()}, ROUNDS)
    return {name: seconds / UPDATES for name, seconds in took.items()}


def run(line) -> None:
    torch.set_num_threads(1)
    for n in (2, 4, 8):
        loops = {"independent by hand": by_hand(n, 0), "codistilled by hand": by_hand(n, 1.0)}
        took = fastest_update(
            loops | {kind: ours(n, kind) for kind in ("none", "predictions", "checkpoints")}
        )
        line(
            f"n={n}: predictions over n independent models by hand",
            took["predictions"] / took["independent by hand"],
            at_most=1.00,
        )
        line(f"n={n}: predictions over ours without exchange", took["predictions"] / took["none"])
        line(
            f"n={n}: checkpoints, T=25, over n independent models by hand",
            took["checkpoints"] / took["independent by hand"],
            at_most=1.35,
        )
        line(
            f"n={n}: predictions over the same algorithm by hand",
            took["predictions"] / took["codistilled by hand"],
            at_most=1.05,
        )
    for parts in (2, 8):
        took = fastest_update({"by hand": by_hand(1, 0, parts), "ours": ours(1, "none", parts)})
        line(
            f"{parts} device batches an update: summed in a tree, over torch's own sum",
            took["ours"] / took["by hand"],
            at_most=1.05,
        )
