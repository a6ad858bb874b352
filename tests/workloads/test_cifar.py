"""CIFAR-10 in its own format, the wide residual network, and both together on one process and on ranks."""

import dataclasses
import hashlib
import os
from pathlib import Path

import numpy
import pytest
import torch
import torch.nn.functional as F
from many import on_ranks, world_of
from permissions import forbidden, reached
from small import small, stepped, trained, weights
from test_placement import spread
from torch import nn

import workloads
from codist.errors import Refused
from codist.keys import reseed
from codist.schedules import Schedule
from codist.workload import Draw
from codist.world import OneProcess
from workloads.cifar.data import PAD, moved
from workloads.cifar.options import FORMATS, Cifar
from workloads.images.wide_resnet import wide_resnet

TRAIN, VALID = FORMATS[10].train, FORMATS[10].valid


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Files of the real format with 4 images in each of five, and 6 to validate; and what is in them."""
    folder = tmp_path_factory.mktemp("data") / "cifar10"
    folder.mkdir()
    drawn = numpy.random.default_rng(1)
    written = {}
    for name, images in (*((name, 4) for name in TRAIN), (VALID, 6)):
        labels = drawn.integers(0, 10, (images, 1), dtype=numpy.uint8)
        planes = drawn.integers(0, 256, (images, 3, 32, 32), dtype=numpy.uint8)
        (folder / name).write_bytes(
            numpy.concatenate([labels, planes.reshape(images, -1)], 1).tobytes()
        )
        written[name] = (planes, labels[:, 0])
    return str(folder.parent), written


@pytest.fixture
def tiny():
    """Options for those files and a network of a second."""
    return Cifar(depth=10, width=1, examples=20, valid_examples=6)


# ---- the files


def test_every_image_and_label_is_read_where_it_lies(data, tiny):
    folder, written = data
    workload = workloads.open(tiny, folder)
    assert (len(workload.train), len(workload.valid)) == (20, 6)
    planes, labels = workload.train.read([0, 19, 4, 7])
    wanted = [(TRAIN[0], 0), (TRAIN[4], 3), (TRAIN[1], 0), (TRAIN[1], 3)]
    assert numpy.array_equal(planes, [written[name][0][row] for name, row in wanted])
    assert labels.tolist() == [written[name][1][row] for name, row in wanted]
    assert workload.train.labels.tolist() == [label for name in TRAIN for label in written[name][1]]
    assert workload.frequencies().sum() == 1


def test_images_to_validate_are_only_normalized(data, tiny):
    folder, written = data
    batch = workloads.open(tiny, folder).valid.__getitems__(range(6))
    red = (torch.tensor(written[VALID][0][:, 0]) - 125.3) / 63.0
    assert batch.x.shape == (6, 3, 32, 32) and torch.allclose(batch.x[:, 0], red)
    assert batch.y.tolist() == written[VALID][1].tolist()


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (
            lambda path: path.unlink(),
            "data_batch_3.bin is not there; run .*workloads.fetch cifar10 --data",
        ),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1]),
            "data_batch_3.bin has 12,291 bytes, not 12,292",
        ),
        (lambda path: path.unlink() or path.symlink_to("nowhere"), "data_batch_3.bin is not there"),
        (
            lambda path: path.unlink() or path.symlink_to(path.name),
            "data_batch_3.bin cannot be read: Too many levels of",
        ),
        (lambda path: path.unlink() or path.mkdir(), "data_batch_3.bin is a folder; run"),
        (lambda path: path.unlink() or os.mkfifo(path), "data_batch_3.bin is a FIFO; run"),
    ],
)
def test_missing_and_short_files_are_refused_in_one_line(data, tiny, tmp_path, broken, said):
    (tmp_path / "cifar10").mkdir()
    for name in (*TRAIN, VALID):
        (tmp_path / "cifar10" / name).write_bytes((Path(data[0]) / "cifar10" / name).read_bytes())
    tiny.ready(str(tmp_path))
    broken(tmp_path / "cifar10" / "data_batch_3.bin")
    with pytest.raises(Refused, match=said) as refused:
        tiny.ready(str(tmp_path))
    assert "\n" not in str(refused.value)
    # which ready has refused, and whose opening waits
    if not (tmp_path / "cifar10" / "data_batch_3.bin").is_fifo():
        with pytest.raises(Refused, match="cifar10"):
            workloads.open(tiny, str(tmp_path))


def test_files_that_may_not_be_read_are_refused_in_one_line(tmp_path, monkeypatch):
    reached(tmp_path, monkeypatch)
    Path("cifar10").mkdir()
    with open("cifar10/data_batch_1.bin", "wb") as file:
        file.truncate(30_730_000)
    for path in (Path("cifar10/data_batch_1.bin"), Path("cifar10")):
        with (
            forbidden(path),
            pytest.raises(
                Refused, match=r"^cifar10/data_batch_1.bin cannot be read: Permission den"
            ),
        ):
            Cifar().ready(".")


def test_files_of_the_right_size_that_are_not_the_published_ones_are_refused(tmp_path):
    (tmp_path / "cifar10").mkdir()
    for name in (*TRAIN, VALID):
        with open(tmp_path / "cifar10" / name, "wb") as file:
            file.truncate(30_730_000)
    with pytest.raises(
        Refused, match=r"data_batch_1.bin has another SHA256 than the published one"
    ):
        Cifar().ready(str(tmp_path))


# ---- crops and flips


def test_moves_are_a_reflecting_pad_a_crop_and_a_flip():
    images = torch.randint(0, 256, (64, 3, 32, 32), dtype=torch.uint8)
    moves = torch.stack(
        [torch.randint(-4, 5, (64,)), torch.randint(-4, 5, (64,)), torch.randint(0, 2, (64,))], 1
    )
    moves[:4] = torch.tensor([[-4, 4, 0], [4, -4, 1], [0, 0, 0], [0, 0, 1]])
    padded = F.pad(images.float(), [PAD] * 4, mode="reflect")
    for image, wide, (down, right, flip) in zip(
        moved(images, moves), padded, moves.tolist(), strict=True
    ):
        crop = wide[:, PAD + down : PAD + down + 32, PAD + right : PAD + right + 32]
        assert torch.equal(image.float(), crop.flip(2) if flip else crop)


def test_crops_depend_on_the_draw_alone_and_change_with_the_epoch(data, tiny):
    train = workloads.open(tiny, data[0]).train
    both = train.__getitems__([Draw(3, 1), Draw(7, 1)])
    assert torch.equal(train.__getitems__([Draw(7, 1)]).x, both.x[1:])
    assert not torch.equal(train.__getitems__([Draw(7, 2)]).x, both.x[1:])


def test_every_shift_is_drawn_alike():
    drawn = type("Fifty", (), {"__len__": lambda self: 50_000})()
    from workloads.cifar.data import Crops

    moves = Crops._moves(drawn, 1).double()
    assert moves[:, :2].min() == -4 and moves[:, :2].max() == 4
    assert (
        torch.bincount(moves[:, 0].long() + 4).min() > 5200 and abs(moves[:, 2].mean() - 0.5) < 0.01
    )


# ---- the network


def test_wrn_28_10_has_its_published_size():
    whole = Cifar()
    assert whole.parameters(0) == 36_479_194
    with torch.device("meta"):
        assert (
            sum(p.numel() for part in wide_resnet(28, 10, 160, 10) for p in part.parameters())
            == 36_479_194
        )


@pytest.mark.parametrize(
    "options", [{"splits": 8}, {"depth": 10, "width": 1}, {"depth": 16, "width": 2, "splits": 4}]
)
def test_parameters_are_counted_without_making_the_network(options):
    options = Cifar(**options)
    options.check(1)
    with torch.device("meta"):
        parts = wide_resnet(options.depth, options.width, options.channels // options.splits, 10)
    assert options.parameters(0) == sum(p.numel() for part in parts for p in part.parameters())


def test_eight_splits_of_the_first_group_have_20_channels_each():
    assert Cifar(splits=8).seen(7, Cifar().channels) == slice(140, 160)


def test_blocks_come_in_the_published_order():
    """BN-ReLU-conv, BN-ReLU-conv; a 1x1 convolution of the first BN-ReLU, or what came in; BN-ReLU at the very end."""
    first, later = wide_resnet(16, 1, 16, 10)
    with torch.no_grad():
        for norm in (
            m for part in (first, later) for m in part.modules() if isinstance(m, nn.BatchNorm2d)
        ):
            norm.weight.uniform_(0.5, 2)
            norm.bias.uniform_(-1, 1)
    changing, same = later[0].train(), first[2].train()
    x = torch.randn(4, 16, 8, 8)

    def bn_relu(norm, x):
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
        return F.relu(
            (x - mean) / (var + 1e-5).sqrt() * norm.weight.view(1, -1, 1, 1)
            + norm.bias.view(1, -1, 1, 1)
        )

    active = bn_relu(changing.first_norm, x)
    y = F.conv2d(active, changing.first.weight, stride=2, padding=1)
    y = F.conv2d(bn_relu(changing.second_norm, y), changing.second.weight, padding=1)
    assert torch.allclose(
        changing(x), y + F.conv2d(active, changing.shortcut.weight, stride=2), atol=1e-4
    )
    y = F.conv2d(bn_relu(same.first_norm, x), same.first.weight, padding=1)
    y = F.conv2d(bn_relu(same.second_norm, y), same.second.weight, padding=1)
    assert torch.allclose(same(x), x + y, atol=1e-4)
    assert [type(module) for module in later[-5:-3]] == [nn.BatchNorm2d, nn.ReLU]
    assert [module.first.stride[0] for module in (*first[1:], *later[:-5])] == [1, 1, 2, 1, 2, 1]


def test_convolutions_are_drawn_for_what_goes_out_of_them():
    reseed(1)
    first, later = wide_resnet(10, 4, 64, 10)
    weight = later[0].first.weight
    assert weight.std().item() == pytest.approx((2 / (9 * 128)) ** 0.5, rel=0.02)
    assert not later[-1].bias.any() and first[0].bias is None


def test_a_whole_networks_first_group_loads_strictly_into_a_viewing_one(data, tiny):
    whole = workloads.open(tiny, data[0]).network(0).state_dict()
    state = {
        name.removeprefix("first."): value
        for name, value in whole.items()
        if name.startswith("first.")
    }
    view = workloads.open(dataclasses.replace(tiny, splits=8, freeze=True), data[0]).network(3)
    view.first.load_state_dict(state, strict=True)
    assert view.later[0].first.in_channels == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"depth": 29}, "6 blocks \\+ 4, got 29; the nearest is 28"),
        ({"depth": 4}, "the nearest is 10"),
        (
            {"splits": 7},
            "splits=7 does not divide the first group's 160 channels; set 5, the largest below that does",
        ),
        ({"examples": 21}, "a multiple of 5"),
    ],
)
def test_what_cannot_be_is_refused(options, said):
    with pytest.raises(Refused, match=said):
        Cifar(**options).check(2)


# ---- trained


def run_of(options, data, **changes):
    run = small(workload=options, epochs=0.75, batch=4, device_batch=2, lr=Schedule(0.1), **changes)
    run.place.data = data
    assert run.updates == 3
    return run


@pytest.mark.parametrize("ranks", [2, 4])
def test_views_are_the_same_in_every_placement_bitwise(data, tiny, tmp_path, ranks):
    run = run_of(dataclasses.replace(tiny, splits=2, freeze=True), data[0])
    assert weights(spread(tmp_path / "ranks", run, ranks)) == weights(
        trained(tmp_path / "alone", run)
    )


def three_updates(run, world) -> dict[int, str]:
    """Returns {model: digest of its weights after three updates}. (train would save gigabytes.)"""
    return {i: digest(model.network.state_dict()) for i, model in stepped(run, world, 3).items()}


def digest(state) -> str:
    said = hashlib.sha256()
    for name, value in state.items():
        assert torch.isfinite(value).all(), name
        said.update(value.numpy().tobytes())
    return said.hexdigest()


def test_wrn_28_10_itself_is_the_same_in_one_process_and_on_two_ranks_bitwise(data):
    run = run_of(Cifar(examples=20, valid_examples=6, splits=8), data[0])
    run.batch = run.device_batch = 2
    alone = three_updates(run, OneProcess(2))
    assert len(set(alone.values())) == 2
    first, second = on_ranks(2, lambda rank: three_updates(run, world_of(run)))
    assert first | second == alone
