"""Mixed precision: what runs in fewer bits, and what stays in 32."""

import pytest
import torch
from small import small, trained, weights

from codist.learner import Learner
from codist.world import OneProcess


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_weights_momentum_and_logits_stay_in_32_bits(tmp_path, precision):
    state = trained(tmp_path, small(precision=precision, epochs=1.0))
    for model in state["models"].values():
        assert all(
            value.dtype in (torch.float32, torch.int64) for value in model["network"].values()
        )
        assert all(
            one["momentum_buffer"].dtype == torch.float32
            for one in model["optimizer"]["state"].values()
        )
    assert weights(state) != weights(trained(tmp_path / "fp32", small(epochs=1.0)))
    learner = Learner(0, torch.nn.Linear(4, 3), OneProcess(1), precision=precision)
    assert learner(torch.ones(2, 4), 0, 0, [0]).dtype == torch.float32


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_resumed_equals_uninterrupted(tmp_path, precision):
    """The factor by which fp16 scales the loss is part of the state."""
    run = small(precision=precision)
    trained(tmp_path / "halved", run, stop_after=4)
    assert weights(trained(tmp_path / "halved", run)) == weights(trained(tmp_path / "whole", run))


def test_fp16_passes_over_an_update_whose_gradient_is_not_finite_and_lowers_its_factor():
    learner = Learner(0, torch.nn.Linear(2, 1, bias=False), OneProcess(1), precision="fp16")
    before, factor = learner.network.weight.clone(), learner.scaler.get_scale()
    learner.scaler.scale(
        learner(torch.tensor([[1.0, 1.0]]), 0, 0, [0]).sum() * float("inf")
    ).backward()
    learner.average_gradients()
    learner.descend(0.1, 0.0)
    assert torch.equal(learner.network.weight, before)
    assert learner.scaler.get_scale() < factor
    learner.scaler.scale(learner(torch.tensor([[1.0, 1.0]]), 1, 0, [0]).sum()).backward()
    learner.average_gradients()
    learner.descend(0.1, 0.0)
    assert torch.allclose(learner.network.weight, before - 0.1, atol=1e-3)
