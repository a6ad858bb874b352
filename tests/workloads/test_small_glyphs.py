"""Small glyphs: which noise can be memorized, which typefaces are held out, and the final score."""

from dataclasses import replace
from math import log

import numpy
import pytest
import torch
from torch import nn

import workloads
from codist.errors import Refused
from codist.workload import Draw
from workloads.digits.options import Digits
from workloads.images.faces import TRAIN, VALID
from workloads.small_glyphs import variants
from workloads.small_glyphs.options import NETWORKS, SmallGlyphs

FEW = SmallGlyphs(classes=5, copies=2, variants=3, final_copies=4, curve_copies=2)
STILL = replace(FEW, shift=0.0, turn=0.0, zoom=0.0, shear=0.0, contrast=0.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A data folder with the renderings in it."""
    folder = str(tmp_path_factory.mktemp("data"))
    FEW.ready(folder)
    return folder


def batch(options, data, seed):
    train = workloads.open(options, data).train
    return train.__getitems__([Draw(index, seed) for index in range(len(train))])


def test_fixed_noise_returns_in_every_epoch_and_fresh_noise_does_not(data):
    one_drawing = replace(FEW, variants=1)
    memorable = replace(one_drawing, fixed_noise=0.7, fresh_noise=0.0)
    assert torch.equal(batch(memorable, data, 1).x, batch(memorable, data, 2).x)
    fresh = replace(one_drawing, fixed_noise=0.0, fresh_noise=0.7)
    assert torch.equal(batch(fresh, data, 1).x, batch(fresh, data, 1).x)
    apart = batch(fresh, data, 1).x - batch(fresh, data, 2).x
    assert float(apart.std()) == pytest.approx(0.7 * 2**0.5, rel=0.05)


def test_two_examples_of_one_drawing_have_their_own_fixed_noise(data):
    options = replace(FEW, variants=1, fixed_noise=0.7, fresh_noise=0.0)
    x, y = batch(options, data, 1)[:2]
    # members(): all classes in their first typeface, once for each copy
    assert y[:10].tolist() == [0, 1, 2, 3, 4] * 2
    assert float((x[:5] - x[5:10]).std()) == pytest.approx(0.7 * 2**0.5, rel=0.1)


def test_a_quarter_of_the_data_is_part_of_the_whole_with_fewer_typefaces(data):
    whole, quarter = (workloads.open(replace(FEW, fraction=k), data).train for k in (1, 4))
    assert (len(whole), len(quarter)) == (5 * 9 * 2, 5 * 9 * 2 // 4)
    assert torch.equal(quarter.first, whole.first[: len(quarter)])
    assert torch.equal(quarter.noise, whole.noise[: len(quarter)])
    faces = {int(first) // FEW.variants % 9 for first, label in zip(quarter.first, quarter.labels, strict=True)
             if label == 0}  # fmt: skip
    assert len(faces) == 3


def test_training_and_validation_share_no_typeface(data):
    trained = variants.rendered(data, STILL, TRAIN, 1)
    held_out = variants.rendered(data, STILL, VALID, 1)
    for character in range(STILL.classes):
        seen = {image.tobytes() for image in trained[character, :, 0]}
        assert not seen & {image.tobytes() for image in held_out[character, :, 0]}


def test_an_undistorted_pixel_is_the_mean_of_nine_of_the_drawing(data):
    drawings = variants.drawings(data, STILL, TRAIN)
    middle = drawings[:, :, 4:28, 4:28].astype(float).reshape(5, 9, 8, 3, 8, 3).mean((3, 5))
    assert numpy.array_equal(variants.rendered(data, STILL, TRAIN, 1)[:, :, 0], numpy.rint(middle))


def test_a_shift_of_one_pixel_to_the_left_moves_the_drawing(data):
    drawings = variants.drawings(data, STILL, TRAIN)[0]
    chance = numpy.zeros((9, 6))
    chance[:, 0] = 1
    moved = variants.distorted(drawings, replace(STILL, shift=1.0), chance)
    assert numpy.allclose(moved, drawings[:, 4:28, 5:29])


def test_a_truncated_file_is_rendered_again(data):
    right = variants.rendered(data, FEW, VALID, FEW.final_copies)
    path = variants.path_of(data, FEW, VALID, FEW.final_copies)
    path.write_bytes(path.read_bytes()[:-1])
    assert numpy.array_equal(variants.rendered(data, FEW, VALID, FEW.final_copies), right)


def test_curves_score_the_first_images_of_the_final_set(data):
    opened = workloads.open(FEW, data)
    (x, y), (all_x, all_y) = opened.valid.tensors, opened.final_set.tensors
    assert (len(y), len(all_y)) == (5 * 3 * 2, 5 * 3 * 4)
    assert torch.equal(x, all_x[:30]) and torch.equal(y, all_y[:30])
    assert torch.bincount(all_y).tolist() == [12] * 5
    assert FEW.valid_classes == tuple(torch.bincount(y).tolist())
    assert FEW.final_examples == len(all_y)


class Certain(nn.Module):
    """Answers class 0 with twice the odds of any other, whatever it sees."""

    def __init__(self, classes: int):
        super().__init__()
        self.logits = nn.Parameter(torch.tensor([log(2.0)] + [0.0] * (classes - 1)))

    def forward(self, x):
        return self.logits.expand(len(x), -1)


def test_the_final_score_of_a_network_that_always_answers_the_first_class(data):
    found = workloads.open(FEW, data).final(Certain(5))
    # p = 1/3 for class 0, 1/6 for the others; a fifth of the images are of class 0
    assert found == {
        "images": 60,
        "valid_top1": 20.0,
        "valid_loss": pytest.approx((log(3) + 4 * log(6)) / 5),
    }


def test_digits_are_scored_with_thirty_redraws_of_their_noise():
    opened = workloads.open(Digits(), "")
    x, y = opened.final_set.tensors
    assert len(y) == 30 * 360 and torch.equal(y, opened.valid.tensors[1].repeat(30))
    clean = opened.valid.tensors[0] - workloads.open(Digits(noise=0.0), "").valid.tensors[0]
    noise = x[:360] - workloads.open(Digits(noise=0.0), "").final_set.tensors[0][:360]
    assert float(noise.std()) == pytest.approx(0.7, rel=0.02) == float(clean.std())
    assert not torch.equal(x[:360], x[360:720])
    share = float((y == 0).double().mean())
    assert opened.final(Certain(10))["valid_top1"] == pytest.approx(100 * share)
    assert workloads.open(Digits(redraws=0), "").final(Certain(10)) == {}


@pytest.mark.parametrize("network", NETWORKS)
def test_plans_count_the_weights_of_each_network(data, network):
    options = replace(FEW, networks=[network])
    weights = sum(
        weight.numel() for weight in workloads.open(options, data).network(0).parameters()
    )
    assert weights == options.parameters(0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"fraction": 19}, "workload.fraction must be 1 to 18"),
        ({"final_copies": 1}, "workload.final_copies must be at least workload.curve_copies=2"),
        ({"classes": 1}, "workload.classes must be 2 to 1261"),
        ({"zoom": 1.0}, "workload.zoom must be below 1"),
        ({"fresh_noise": -1.0}, "must be 0 or more"),
        ({"networks": ["resnet9"]}, "workload.networks=resnet9 is not known"),
    ],
)
def test_wrong_options_are_refused(wrong, said):
    with pytest.raises(Refused, match=said):
        replace(FEW, **wrong).check(2)
