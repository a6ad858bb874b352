"""Training loops that bench gpu times: bare torch, this project's, and this project's with data loading."""

import contextlib
import os
import time

import torch
import torch.nn.functional as F

from bench.gpu_cases import Case
from codist.config import Run
from codist.exchange.no_exchange import NoExchange
from codist.exchange.predictions import Predictions
from codist.feed import feed
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from codist.train import Now, step
from codist.workload import Batch, Draw
from codist.world import OneProcess

HOST_BATCHES = 8  # distinct batches in pinned memory, used in turn
NOW = Now(lr=0.01, weight_decay=1e-4, alpha=1.0, smoothing=0.0)


def bare(n: int, data, device: str):
    """One update of n models in plain torch, one after the other."""
    place = OneProcess(n, device=device).place  # the same memory layout as in our loop
    networks = [place(data.network(i)) for i in range(n)]
    optimizers = [
        torch.optim.SGD(
            net.parameters(), lr=NOW.lr, momentum=0.9, weight_decay=NOW.weight_decay, fused=True
        )
        for net in networks
    ]

    def update(k, batch):
        x, y = batch.x.to(device, non_blocking=True), batch.y.to(device, non_blocking=True)
        for net, optimizer in zip(networks, optimizers, strict=True):
            with torch.autocast(device, torch.bfloat16):
                loss = F.cross_entropy(net(x), y)
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()

    return update


def ours(n: int, kind: str, data, device: str):
    """One update of n models in our loop; kind: none or predictions."""
    world = OneProcess(n, device=device)
    learners = {
        i: Learner(i, data.network(i), world, optimizer=Optimizer(momentum=0.9), precision="bf16")
        for i in range(n)
    }
    exchange = Predictions(world, 1) if kind == "predictions" else NoExchange()

    def update(k, batch):
        parts = {0: dict.fromkeys(learners, batch.to(device))}
        step(k, learners, parts, exchange, data.loss, DISTANCES["mse"], NOW)
        if k % 50 == 0:
            for learner in learners.values():
                learner.means()

    return update


LOOPS = {  # name: the loop, and whether kernels must be deterministic, as in our runs
    "bare, any kernel": (lambda *at: bare(1, *at), False),
    "bare": (lambda *at: bare(1, *at), True),
    "ours": (lambda *at: ours(1, "none", *at), True),
    "two bare": (lambda *at: bare(2, *at), True),
    "two alone": (lambda *at: ours(2, "none", *at), True),
    "two codistilled": (lambda *at: ours(2, "predictions", *at), True),
}
FED = "ours, fed"


def host_batches(case: Case, data, device: str) -> list[Batch]:
    drawn = torch.randint(len(data.train), (HOST_BATCHES, case.device_batch)).tolist()
    batches = [data.train.__getitems__([Draw(index, 0) for index in indices]) for indices in drawn]
    return (
        batches
        if device == "cpu"
        else [Batch(batch.x.pin_memory(), batch.y.pin_memory()) for batch in batches]
    )


def fed(case: Case, loop, data, device: str, wait) -> float:
    """Seconds per update with data loading, after the batches that workers had prefetched."""
    run = Run(
        workload=case.workload,
        n=1,
        batch=case.device_batch,
        device_batch=case.device_batch,
        lr=Schedule(0.01),
    )
    run.place.device, run.place.workers = device, max(1, len(os.sched_getaffinity(0)) - 1)
    ahead = 2 * run.place.workers + case.warm  # DataLoader's own prefetch
    torch.use_deterministic_algorithms(True)
    with contextlib.closing(
        feed(run, data, OneProcess(1, device=device), 0, ahead + 3 * case.updates)
    ) as stream:
        for k, parts in stream:
            if k == ahead:
                wait()
                began = time.perf_counter()
            loop(k, parts[0][0])
    wait()
    return (time.perf_counter() - began) / (3 * case.updates)
