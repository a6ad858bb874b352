"""Clicks: our loop over a hand-written loop with the same network; minimum CPU time of rounds.

Network, batch and optimizer are those of scale=laptop. The hand-written loop has the rows in memory
and permuted in advance, and reads them by index. Our loop also draws the order, loads and collates.
"""

import tempfile

import torch
import torch.nn.functional as F

import workloads
from bench.loops import fastest, ours
from codist.config import Run
from codist.exchange import exchange_options
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from workloads.clicks.options import Clicks

ROUNDS, UPDATES, B, LR = 40, 20, 256, 0.05


def run_of() -> Run:
    return Run(
        workload=Clicks(layers=[160, 64, 16], embedding=8),
        n=1,
        epochs=1.0,
        batch=B,
        device_batch=B,
        optimizer=Optimizer(kind="adagrad"),
        exchange=exchange_options("none"),
        lr=Schedule(LR),
        alpha=Schedule(0.0),
    )


def by_hand(workload):
    """A round of updates in plain torch."""
    network, rows = workload.network(0), workload.train
    optimizer = torch.optim.Adagrad(network.parameters(), lr=LR, initial_accumulator_value=0.1)
    batches = iter(torch.randperm(len(rows)).split(B))

    def turn():
        for _ in range(UPDATES):
            at = next(batches)
            x = rows.numbers[at], rows.categories[at]
            optimizer.zero_grad()
            F.cross_entropy(network(x), rows.labels[at]).backward()
            optimizer.step()

    return turn


def run(line) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as data:
        workload = workloads.open(run_of().workload, data)
    loops = {"ours": ours(run_of(), workload, ROUNDS, UPDATES), "by hand": by_hand(workload)}
    took = fastest(loops, ROUNDS)
    line("examples a second over those by hand", took["by hand"] / took["ours"], at_least=0.95)
    line("examples a second of our loop, by CPU time", UPDATES * B / took["ours"], "no ratio")
