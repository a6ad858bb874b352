"""The mean of a model's weights over its last epoch ends, for a workload's final measurement."""

import copy

import torch
from torch import Tensor, nn


def updates_averaged(run) -> list[int]:
    """The updates after which the weights are added: the last epoch ends that the workload averages."""
    ends = run.ends
    return ends[max(len(ends) - getattr(run.workload, "averaged", 0), 0) :]


class WeightAverage:
    """The sum of a network's weights over several epoch ends."""

    def __init__(self, network: nn.Module):
        self.network = network
        self.total: list[Tensor] = []
        self.epochs = 0  # epoch ends in the sum

    @torch.no_grad()
    def add(self) -> None:
        """Add the current weights."""
        weights: list[Tensor] = list(self.network.parameters())
        if self.epochs:
            torch._foreach_add_(self.total, weights)
        else:
            self.total = [one.detach().clone() for one in weights]
        self.epochs += 1

    @torch.no_grad()
    def mean(self) -> nn.Module:
        """A copy of the network with the mean of the added weights and the buffers of the last epoch."""
        network = copy.deepcopy(self.network)
        torch._foreach_copy_(
            list(network.parameters()), torch._foreach_div(self.total, self.epochs)
        )
        return network
