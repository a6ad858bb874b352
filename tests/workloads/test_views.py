"""Models that see one split of the first group's channels (v2 §5.1), whole, frozen, and in every placement."""

import hashlib

import pytest
import torch
from small import small, trained, weights
from test_placement import spread

import workloads
from codist.errors import Refused
from codist.keys import reseed
from codist.schedules import Schedule
from codist.world import OneProcess
from workloads.digits.options import Digits
from workloads.images.splits import Splits

PROBE = {"first_width": 16, "splits": 8}
SHORT = {"epochs": 0.7, "lr": Schedule(0.1)}


def network(i=0, seed=1, **options):
    reseed(seed, "init", i)
    return workloads.open(Digits(**options), "").network(i)


def first_of(state: dict) -> dict:
    return {name: value for name, value in state.items() if name.startswith("first.")}


# ---- which split


def test_each_model_sees_a_split_of_its_own():
    eight = Splits(splits=8)
    seen = [channel for i in range(8) for channel in range(160)[eight.seen(i, 160)]]
    assert seen == list(range(160))
    assert eight.seen(8, 160) == eight.seen(0, 160) == slice(0, 20)


def test_models_may_share_one_split_or_see_everything():
    assert len({str(Splits(splits=8, sharing=8).seen(i, 160)) for i in range(8)}) == 1
    assert [Splits(splits=8, sharing=2).seen(i, 16).start for i in range(4)] == [0, 0, 2, 2]
    assert Splits().seen(3, 160) == slice(0, 160)


def test_an_answer_depends_on_the_seen_channels_alone():
    """A channel of the first group's last BatchNorm is what it adds to the residual stream: move one after another."""
    net = network(i=3, **PROBE).eval()
    x = torch.randn(4, 1, 8, 8)
    before, moved = net(x), []
    for channel in range(16):
        with torch.no_grad():
            net.first[-1].second_norm.bias[channel] += 1.0
            moved.append(not torch.equal(net(x), before))
            net.first[-1].second_norm.bias[channel] -= 1.0
    assert [channel for channel in range(16) if moved[channel]] == [6, 7]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"splits": 3},
            "splits=3 does not divide the first group's 8 channels; set 2, the largest below that does",
        ),
        (
            {"splits": 32, "first_width": 16},
            "the first group's 16 channels; set 16, the largest below that does",
        ),
        ({"sharing": 0}, "must be 1 or more"),
    ],
)
def test_what_cannot_be_cut_is_refused_in_one_line(options, said):
    with pytest.raises(Refused, match=said) as refused:
        Digits(**options).check(8)
    assert "\n" not in str(refused.value)


# ---- the first group of one network in another


def test_a_whole_networks_first_group_loads_strictly_into_a_viewing_one():
    whole, view = network(seed=1, first_width=16), network(i=5, seed=2, **PROBE)
    state = first_of(whole.state_dict())
    assert state.keys() == first_of(view.state_dict()).keys()
    assert any("running_mean" in name for name in state)
    view.first.load_state_dict(
        {name.removeprefix("first."): value for name, value in state.items()}, strict=True
    )
    x = torch.randn(2, 1, 8, 8)
    assert torch.equal(view.eval().first(x), whole.eval().first(x))


def test_networks_without_a_view_are_what_they_were():
    """The digest of names and values as commit d5139fb drew them: older states load, equal seeds give equal bits."""
    state = network(networks=["resnet14"]).state_dict()
    said = "".join(f"{name} {value.double().sum():.4f}\n" for name, value in state.items())
    assert hashlib.sha256(said.encode()).hexdigest()[:16] == "5aa64353266085ca"


# ---- frozen


def test_a_frozen_first_group_never_moves_and_the_rest_does(tmp_path):
    run = small(
        n=2, workload=Digits(width=2, redraws=2, freeze=True, first_width=4, splits=2), **SHORT
    )
    fresh = [
        network(i, seed=run.seed, width=2, first_width=4, splits=2).state_dict() for i in range(2)
    ]
    ended = trained(tmp_path, run)
    for i in range(2):
        for name, value in ended["models"][i]["network"].items():
            still = torch.equal(value, fresh[i][name])
            assert still == name.startswith("first."), name


def test_one_that_is_not_frozen_moves(tmp_path):
    run = small(n=2, workload=Digits(width=2, redraws=2, first_width=4, splits=2), **SHORT)
    fresh = network(0, seed=run.seed, width=2, first_width=4, splits=2).state_dict()
    ended = trained(tmp_path, run)["models"][0]["network"]
    assert not any(torch.equal(value, fresh[name]) for name, value in ended.items())


@pytest.mark.parametrize("tracking", [True, False], ids=["first part", "later parts"])
def test_frozen_batchnorm_answers_by_running_statistics_in_training_too(tracking):
    """A learner switches track_running_stats off for all but the first device batch of an update."""
    net = network(**PROBE, freeze=True)
    with torch.no_grad():
        for buffer in net.first.buffers():
            if buffer.is_floating_point():
                buffer += 0.5
    x = torch.randn(4, 1, 8, 8)
    wanted = net.eval().first(x)
    net.train()
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.track_running_stats = tracking
    assert torch.equal(net.first(x), wanted)
    assert net.later.training and not torch.equal(net.first(2 * x), 2 * wanted)


def test_only_what_is_trained_is_averaged_between_servers(tmp_path):
    world = OneProcess(1, devices=2, servers=2)
    net = network(width=2, freeze=True)
    world.averaged(net)
    trained_bits = 32 * sum(p.numel() for p in net.later.parameters())
    assert world.bits["all_reduce"] == 2 * 2 * trained_bits


@pytest.mark.parametrize(
    "changes",
    [
        {"splits": 2, "first_width": 4, "freeze": True},
        {"splits": 2, "first_width": 4},
        {"networks": ["resnet18", "resnext101_32x4d"]},
    ],
    ids=["frozen", "not frozen", "mixed architectures"],
)
@pytest.mark.parametrize("ranks", [2, 4])
def test_views_too_are_the_same_in_every_placement_bitwise(tmp_path, changes, ranks):
    run = small(n=2, workload=Digits(width=2, redraws=2, **changes), **SHORT)
    assert weights(spread(tmp_path / "ranks", run, ranks)) == weights(
        trained(tmp_path / "alone", run)
    )
