"""Memory layout: contiguous on the CPU, where channels_last is not safe (codist.workload.moved); else channels_last."""

from dataclasses import dataclass

import pytest
import torch
from pretended import card
from small import small, trained
from test_imagenet import OPTIONS, Tiny, data, run_on  # noqa: F401  a fixture
from torch import nn

import workloads
from codist.exchange import exchange_options
from codist.learner import Learner
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from codist.workload import Batch, Draw
from codist.world import OneProcess
from workloads.digits.options import Digits

SEEN = set()  # the layouts that networks met in a test's own process


def layout(tensor: torch.Tensor) -> str:
    """ "contiguous" only where the strides are the very ones: torch calls a tensor of one pixel or one channel both."""
    if tensor.stride() == torch.empty(tensor.shape, device="meta").stride():
        return "contiguous"
    return (
        "channels_last"
        if tensor.is_contiguous(memory_format=torch.channels_last)
        else str(tensor.stride())
    )


def watched(network: nn.Module) -> nn.Module:
    """`network`, whose modules note the layouts of the images that they take and give, and of their weights."""

    def note(module, given, made):
        tensors = (*given, made, *module.parameters(recurse=False))
        SEEN.update(layout(tensor) for tensor in tensors if tensor.dim() == 4)

    for module in network.modules():
        module.register_forward_hook(note)
    return network


class Watched:
    """Beside a workload's options: its networks are watched."""

    def altered(self, workload):
        workload = super().altered(workload) if hasattr(super(), "altered") else workload
        network = workload.network
        workload.network = lambda i: watched(network(i))
        return workload


@dataclass
class WatchedDigits(Watched, Digits):
    pass


@dataclass
class WatchedImageNet(Watched, Tiny):
    pass


@pytest.mark.parametrize(
    "exchange",
    [exchange_options("predictions"), exchange_options("checkpoints", period=1)],
    ids=lambda exchange: exchange.kind,
)
def test_a_run_on_the_cpu_is_contiguous(tmp_path, exchange):
    SEEN.clear()
    state = trained(
        tmp_path,
        small(
            workload=WatchedDigits(width=2, redraws=2),
            exchange=exchange,
            epochs=0.9,
            lr=Schedule(0.1),
        ),
    )
    assert {"contiguous"} == SEEN
    for model in state["models"].values():
        tensors = [
            *model["network"].values(),
            *(one["momentum_buffer"] for one in model["optimizer"]["state"].values()),
        ]
        assert {layout(tensor) for tensor in tensors} == {"contiguous"}


def test_a_run_on_the_cpu_is_contiguous_also_where_images_are_decoded_to_channels_last(
    data,  # noqa: F811
    tmp_path,
):
    SEEN.clear()
    options = WatchedImageNet(**vars(OPTIONS))
    assert (
        layout(workloads.open(options, str(data)).train.__getitems__([Draw(0, 1), Draw(1, 1)]).x)
        == "channels_last"
    )
    trained(tmp_path, run_on(data, workload=options, epochs=0.38, updates=1))
    assert {"contiguous"} == SEEN


def test_on_a_card_networks_and_images_are_channels_last():
    with card():
        network = OneProcess(1, device="cuda").place(nn.Conv2d(4, 8, 3))
        batch = Batch(torch.rand(2, 4, 5, 5), torch.zeros(2)).to("cuda")
        assert (
            layout(network.weight) == layout(batch.x) == layout(network(batch.x)) == "channels_last"
        )
        assert layout(batch.to("cpu").x) == "contiguous"


# ---- what is saved in one layout and resumed in the other


OPTIMIZERS = {
    "SGD": Optimizer(momentum=0.9),
    "Adam": Optimizer(kind="adam", betas=[0.9, 0.98]),
    "Adagrad": Optimizer(kind="adagrad"),
}


def updated(device: str, optimizer: str, updates: range, state: dict | None = None) -> dict:
    """The state of a convolution after `updates`, begun from `state`."""
    torch.manual_seed(0)
    learner = Learner(
        0, nn.Conv2d(2, 3, 3), OneProcess(1, device=device), optimizer=OPTIMIZERS[optimizer]
    )
    if state:
        learner.resume(state)
    for k in updates:
        x = torch.rand(4, 2, 5, 5, generator=torch.Generator().manual_seed(k))
        learner.scaled(learner(Batch(x, x).to(device).x, k, 0, [0]).square().mean()).backward()
        learner.average_gradients()
        learner.descend(0.1, 0.0)
    return learner.state()


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("before", "after"), [("cpu", "cuda"), ("cuda", "cpu")])
def test_the_optimizer_moves_each_weight_by_its_own_past_on_the_other_device_too(
    before, after, optimizer
):
    whole = updated("cpu", optimizer, range(4))["network"]
    with card():
        ended = updated(after, optimizer, range(2, 4), updated(before, optimizer, range(2)))[
            "network"
        ]
    assert torch.allclose(ended["weight"], whole["weight"], rtol=0, atol=1e-6)
