"""Several seeds of a codistilled pair in one process: stacked networks over one update after another."""

import copy

import torch
import torch.nn.functional as F
from torch.func import functional_call, stack_module_state, vmap

from bench.update import B, fastest_update, network, ours

SEEDS, N = (2, 8, 24), 2


def stacked(seeds: int):
    """One update of `seeds` pairs by Algorithm 1: 2 seeds networks with stacked weights (2 seeds, ...)."""
    networks = [network() for _ in range(seeds * N)]
    shape = copy.deepcopy(networks[0]).to("meta")
    weights, buffers = stack_module_state(networks)
    optimizer = torch.optim.SGD(weights.values(), lr=0.1, momentum=0.9, weight_decay=1e-4)

    def one(weights, buffers, x):
        return functional_call(shape, (weights, buffers), (x,))

    def update(k, x, y):
        # each seed has its own images; here their values are equal
        x = x.expand(seeds * N, *x.shape)
        logits = vmap(one)(weights, buffers, x).unflatten(0, (seeds, N))  # (seeds, n, B, C)
        losses = F.cross_entropy(logits.flatten(0, 2), y.repeat(seeds * N))
        penalty = F.mse_loss(logits, logits.flip(1).detach())
        optimizer.zero_grad()
        ((losses + penalty) * (seeds * N)).backward()  # a mean of each network, summed
        optimizer.step()

    return update


def run(line) -> None:
    torch.set_num_threads(1)
    for seeds in SEEDS:
        took = fastest_update({"ours": ours(N, "predictions"), "stacked": stacked(seeds)})
        line(
            f"{seeds} seeds of two ResNet-8, B={B}: ours of each, over all stacked",
            seeds * took["ours"] / took["stacked"],
            "times as fast",
        )
