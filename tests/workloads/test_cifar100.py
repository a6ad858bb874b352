"""CIFAR-100 in its own format, two label bytes before each image, and He et al.'s ResNet-32."""

import gzip
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy
import pytest
import torch
import torch.nn.functional as F
from small import NONE, small, trained, weights
from test_placement import spread
from torch import nn

import workloads
from codist.errors import Refused
from codist.keys import reseed
from codist.schedules import Schedule
from workloads.cifar.options import FORMATS, Cifar
from workloads.images.resnet import Padded, cifar_resnet
from workloads.sources import SOURCES

TRAIN, VALID = "train.bin", "test.bin"
FILES = {TRAIN: 20, VALID: 6}  # images
RECORD = 3074  # bytes: coarse label, fine label, 3x32x32 of colour


@pytest.fixture
def tiny():
    """Options for the small files and a network of a second."""
    return Cifar(classes=100, depth=10, width=1, examples=20, valid_examples=6)


@pytest.fixture
def data(tmp_path):
    """Files of the real format, and their (coarse, fine, planes)."""
    folder, drawn, written = tmp_path / "cifar100", numpy.random.default_rng(1), {}
    folder.mkdir()
    for name, images in FILES.items():
        coarse = drawn.integers(0, 20, (images, 1), dtype=numpy.uint8)
        fine = drawn.integers(20, 100, (images, 1), dtype=numpy.uint8)
        planes = drawn.integers(0, 256, (images, 3, 32, 32), dtype=numpy.uint8)
        records = numpy.concatenate([coarse, fine, planes.reshape(images, -1)], 1)
        assert records.shape == (images, RECORD)
        (folder / name).write_bytes(records.tobytes())
        written[name] = (coarse[:, 0], fine[:, 0], planes)
    return tmp_path, written


# ---- the files


def test_the_class_is_the_fine_label_and_the_image_begins_after_it(data, tiny):
    folder, written = data
    workload = workloads.open(tiny, str(folder))
    _, fine, planes = written[TRAIN]
    images, labels = workload.train.read([19, 0, 7])
    assert numpy.array_equal(images, planes[[19, 0, 7]])
    assert (
        labels.tolist() == fine[[19, 0, 7]].tolist() == workload.train.labels[[19, 0, 7]].tolist()
    )
    assert (len(workload.train), len(workload.valid)) == (20, 6)
    assert workload.frequencies().shape == (100,) and workload.frequencies().sum() == 1


def test_images_to_validate_are_only_normalized(data, tiny):
    folder, written = data
    batch = workloads.open(tiny, str(folder)).valid.__getitems__(range(6))
    blue = (torch.tensor(written[VALID][2][:, 2]) - 113.9) / 66.7
    assert torch.allclose(batch.x[:, 2], blue) and batch.y.tolist() == written[VALID][1].tolist()


def zipped(path: Path) -> None:
    path.write_bytes(gzip.compress(path.read_bytes()))


def of_cifar10(path: Path) -> None:
    """Writes as many bytes of CIFAR-10: records of 3,073 bytes, cut off at the end."""
    drawn = numpy.random.default_rng(2)
    images = -(-20 * RECORD // 3073)
    records = drawn.integers(0, 256, (images, 3073), dtype=numpy.uint8)
    records[:, 0] %= 10
    path.write_bytes(records.tobytes()[: 20 * RECORD])


def with_label(label: int, record: int):
    def change(path: Path) -> None:
        content = bytearray(path.read_bytes())
        content[record * RECORD + 1] = label
        path.write_bytes(content)

    return change


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (Path.unlink, "is not there; run .*python -m workloads.fetch cifar100 --data"),
        (
            lambda path: path.write_bytes(path.read_bytes()[:-1]),
            "has 61,479 bytes, not 61,480; run",
        ),
        (lambda path: path.write_bytes(path.read_bytes() + b"0"), "has 61,481 bytes, not 61,480"),
        (zipped, r"has [\d,]+ bytes, not 61,480"),
        (lambda path: path.unlink() or path.mkdir(), "is a folder; run"),
        (lambda path: path.unlink() or os.mkfifo(path), "is a FIFO; run"),
    ],
)
def test_files_of_another_kind_or_size_are_refused_in_one_line(data, tiny, broken, says):
    tiny.ready(str(data[0]))
    broken(data[0] / "cifar100" / TRAIN)
    with pytest.raises(Refused, match=f"cifar100/train.bin {says}") as refused:
        tiny.ready(str(data[0]))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (
            with_label(100, 13),
            "record 13: label 100, expected 0 to 99; it is not a file of cifar100",
        ),
        (with_label(255, 0), "record 0: label 255"),
        (of_cifar10, r"record \d+: label \d+, expected 0 to 99"),
    ],
)
def test_foreign_files_of_the_right_size_are_refused_by_file_and_record(data, tiny, broken, says):
    broken(data[0] / "cifar100" / TRAIN)
    tiny.ready(str(data[0]))
    with pytest.raises(Refused, match=f"train.bin, {says}") as refused:
        workloads.open(tiny, str(data[0]))
    assert "\n" not in str(refused.value)


def test_the_expected_files_are_the_published_ones(tmp_path):
    """50,000 and 10,000 records; a file of the size alone is not enough."""
    assert {name: file.bytes for name, file in Cifar(classes=100).files().items()} == {
        TRAIN: 153_700_000,
        VALID: 30_740_000,
    }
    archive, members = SOURCES["cifar100"].file, SOURCES["cifar100"].members
    assert (len(archive.sha256), len(archive.md5)) == (64, 32)
    assert [*members] == ["cifar-100-binary/train.bin", "cifar-100-binary/test.bin"]
    assert all(len(file.sha256) == 64 for file in members.values())
    (tmp_path / "cifar100").mkdir()
    for name, file in Cifar(classes=100).files().items():
        with open(tmp_path / "cifar100" / name, "wb") as sparse:
            sparse.truncate(file.bytes)
    with pytest.raises(Refused, match=r"train.bin has another SHA256 than the published one"):
        Cifar(classes=100).ready(str(tmp_path))


def test_it_is_fetched_by_its_name(tmp_path):
    """There is no network here: the archive is refused by its size, as put there by hand."""
    (tmp_path / "cifar-100-binary.tar.gz").write_bytes(b"cut off")
    command = [sys.executable, "-m", "workloads.fetch", "cifar100", "--data", str(tmp_path)]
    said = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": "src"}
    )
    assert (said.returncode, said.stderr.count("\n")) == (2, 1)
    assert "cifar-100-binary.tar.gz has 7 bytes, not 168,513,733; move it away" in said.stderr


# ---- the networks


@pytest.mark.parametrize(("classes", "parameters"), [(10, 464_154), (100, 470_004)])
def test_resnet_32_has_its_published_size(classes, parameters):
    """0.46 M for ten classes (He et al. 2015, Table 6), counted without making it."""
    options = Cifar(classes=classes, networks=["resnet32"])
    options.check(1)
    made = cifar_resnet("resnet32", classes)
    assert options.parameters(0) == sum(p.numel() for p in made.parameters()) == parameters


def test_wrn_28_10_has_its_published_size_for_100_classes():
    """36.5 M (Zagoruyko and Komodakis 2016, Table 4)."""
    assert Cifar(classes=100).parameters(0) == 36_536_884


def test_resnet_32_has_32_layers_in_three_stages_and_shortcuts_without_weights():
    network = cifar_resnet("resnet32", 10)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) + 1 == 32 and {c.kernel_size for c in convolutions} == {(3, 3)}
    assert [c.out_channels for c in convolutions] == [16] * 11 + [32] * 10 + [64] * 10
    strides = [c.stride[0] for c in convolutions]
    assert [at for at, stride in enumerate(strides) if stride == 2] == [11, 21]
    shortcuts = [block.shortcut for block in network.stages]
    assert [at for at, one in enumerate(shortcuts) if isinstance(one, Padded)] == [5, 10]
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 10)


def test_a_shortcut_keeps_every_second_pixel_and_appends_zeros():
    network = cifar_resnet("resnet32", 10).eval()
    block, x = network.stages[5], torch.randn(2, 16, 8, 8)
    y = block.second_norm(block.second(F.relu(block.first_norm(block.first(x)))))
    y[:, :16] += x[:, :, ::2, ::2]
    assert torch.equal(block(x), F.relu(y)) and block(x).shape == (2, 32, 4, 4)


def test_its_convolutions_are_initialized_as_he_et_al():
    reseed(1)
    weight = cifar_resnet("resnet32", 10).stages[-1].second.weight
    assert weight.std().item() == pytest.approx((2 / (9 * 64)) ** 0.5, rel=0.01)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"classes": 20}, "workload.classes must be 10 or 100, got 20"),
        (
            {"networks": ["resnet23"]},
            "networks=resnet23 is not known to cifar; did you mean resnet",
        ),
        (
            {"networks": ["resnet32"], "splits": 8},
            r"splits and freeze need wrn28_10, got .*resnet32",
        ),
        ({"classes": 100, "examples": 0}, "multiple of 1, got 10, 0 and 10000"),
    ],
)
def test_what_cannot_be_is_refused(options, says):
    with pytest.raises(Refused, match=says):
        Cifar(**options).check(2)


# ---- trained


def test_a_wide_and_a_small_network_learn_together_the_same_on_ranks_bitwise(data, tiny, tmp_path):
    """The online arm of `mutual`, on six images."""
    options = replace(tiny, networks=["resnet32", "wrn28_10"])
    run = small(
        workload=options, epochs=0.3, batch=2, device_batch=2, lr=Schedule(0.1), distance="kl"
    )
    run.place.data = str(data[0])
    assert run.updates == 3
    alone = trained(tmp_path / "alone", run)
    sizes = [len(alone["models"][i]["network"]) for i in (0, 1)]
    assert sizes[0] != sizes[1]
    assert weights(spread(tmp_path / "ranks", run, 2)) == weights(alone)


def test_training_reads_the_files_that_the_options_name(data, tiny, tmp_path):
    run = small(n=1, workload=tiny, epochs=0.2, batch=2, device_batch=2, lr=Schedule(0.1), **NONE)
    run.place.data = str(data[0])
    assert trained(tmp_path / "run", run)["update"] == 2
    assert FORMATS[100].folder == "cifar100" and not (data[0] / "cifar10").exists()
