"""Digits stand for larger data: networks of several sizes, and shares of the images."""

import pytest
import torch
from small import NONE, small, trained

import workloads
from codist.errors import Refused
from workloads.digits.options import NETWORKS, Digits


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize(
    "options", [{}, {"first_width": 16}, {"first_width": 16, "splits": 8}, {"freeze": True}]
)
def test_parameters_are_counted_without_making_the_network(name, options):
    options = Digits(networks=[name], **options)
    options.check(1)
    assert options.parameters(0) == sum(
        p.numel() for p in workloads.open(options, "").network(0).parameters()
    )


def test_stand_ins_are_smaller_and_larger_than_resnet50s():
    small, middle, large = (
        Digits(networks=[name]).parameters(0)
        for name in ("resnet18", "resnet50", "resnext101_32x4d")
    )
    assert 3 * small < middle == Digits().parameters(0) < large / 3


# ---- a share of the data


def test_a_fraction_has_each_class_alike_lies_in_the_larger_ones_and_keeps_the_validation_set():
    whole = workloads.open(Digits(), "")
    larger = None
    for k in (1, 2, 4, 8):
        options = Digits(fraction=k)
        some = workloads.open(options, "")
        assert len(some.train) == options.examples == 1437 // k
        shares = some.frequencies() * options.examples - whole.frequencies() * options.examples
        assert shares.abs().max() <= 1  # images
        its = {tuple(image.flatten().tolist()) for image in some.train.images + some.train.noise}
        assert larger is None or its < larger
        larger = its
        assert torch.equal(some.valid.tensors[0], whole.valid.tensors[0])


def test_a_fraction_has_fewer_updates_an_epoch(tmp_path):
    run = small(workload=Digits(width=2, redraws=2, fraction=4), batch=48, device_batch=48, **NONE)
    assert run.updates == int(2 * 359 / 48)
    assert trained(tmp_path, run)["update"] == run.updates


def test_what_cannot_be_is_refused():
    with pytest.raises(Refused, match="fraction must be 1 to 143, got 0"):
        Digits(fraction=0).check(1)
    with pytest.raises(
        Refused, match=r"resnet18 has 0\.5 workload\.width channels, .* got workload\.width=7"
    ):
        Digits(networks=["resnet18"], width=7).check(1)
    with pytest.raises(Refused, match="did you mean resnet50"):
        Digits(networks=["resnet5"]).check(1)
