"""Made-up images have the views that Allen-Zhu and Li define, as a filter of each feature finds."""

import pytest
import torch
import torch.nn.functional as F
from small import small, trained

import workloads
from codist.errors import Refused
from codist.runlog import rows
from codist.schedules import Schedule
from workloads.views.options import Views


def heard(data, images):
    """How strongly each class's feature of each view is in an image, at the best place: (N, classes, views)."""
    views = data.features.shape[1]
    return (
        torch.stack(
            [
                F.conv2d(images[:, v : v + 1], data.features[:, v : v + 1]).flatten(2).amax(2)
                for v in range(views)
            ],
            2,
        )
        / 16
    )


def of_own_class(data, images, labels):
    return heard(data, images)[torch.arange(len(labels)), labels]  # (N, views)


@pytest.fixture(scope="module")
def clear():
    return workloads.open(Views(noise=0.0), "")


def test_an_example_shows_all_features_of_its_class_or_just_one(clear):
    shown = of_own_class(clear, *clear.train.tensors) > 0.999
    assert set(shown.sum(1).tolist()) == {1, 4}
    assert (shown.sum(1) == 1).double().mean() == pytest.approx(0.5, abs=0.03)
    images = clear.train.tensors[0][shown.sum(1) == 1]
    assert ((images != 0).flatten(2).any(2).sum(1) == 1).all()  # and nothing else at all
    assert shown[shown.sum(1) == 1].double().mean(0) == pytest.approx([0.25] * 4, abs=0.03)


def test_one_feature_suffices_to_know_the_class(clear):
    images, labels = clear.valid.tensors
    best = heard(clear, images).amax(2).argmax(1)
    assert (best == labels).double().mean() > 0.99


def test_features_of_a_view_are_orthogonal_and_views_differ(clear):
    flat = clear.features.flatten(2).permute(1, 0, 2)  # (views, classes, 16)
    assert torch.allclose(
        flat @ flat.transpose(1, 2) / 16, torch.eye(10).expand(4, 10, 10), atol=1e-5
    )
    assert not torch.allclose(flat[0], flat[1], atol=0.1)


@pytest.mark.parametrize("single", [0.0, 1.0])
def test_all_or_none_may_be_single(single):
    data = workloads.open(Views(single=single, noise=0.0, examples=100, valid_examples=1), "")
    assert set((of_own_class(data, *data.train.tensors) > 0.999).sum(1).tolist()) == {
        1 if single else 4
    }


def test_they_are_the_same_in_every_run_and_never_validated_on():
    one, other = workloads.open(Views(), ""), workloads.open(Views(), "")
    assert torch.equal(one.train.tensors[0], other.train.tensors[0])
    assert not torch.equal(one.train.tensors[0][:2000], one.valid.tensors[0])
    noise = one.train.tensors[0] - workloads.open(Views(noise=0.0), "").train.tensors[0]
    assert noise.std() == pytest.approx(0.3, abs=0.01) and abs(noise.mean()) < 0.01


@pytest.mark.parametrize("options", [{}, {"views": 2, "classes": 3, "width": 4}])
def test_parameters_are_counted_without_making_the_network(options):
    options = Views(examples=10, valid_examples=1, **options)
    assert options.parameters(0) == sum(
        p.numel() for p in workloads.open(options, "").network(0).parameters()
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"classes": 17}, "classes must be 2 to 16"),
        ({"single": 1.5}, "single must be 0 to 1"),
        ({"views": 0}, "1 or more"),
    ],
)
def test_what_cannot_be_made_is_refused(options, said):
    with pytest.raises(Refused, match=said):
        Views(**options).check(2)


def test_they_are_learnt(tmp_path):
    options = Views(classes=3, views=2, examples=960, valid_examples=300, noise=0.3)
    trained(
        tmp_path, small(workload=options, epochs=3.0, batch=32, device_batch=32, lr=Schedule(0.1))
    )
    assert rows(tmp_path, 0)[-1]["valid_top1"] > 60 > 100 / 3
