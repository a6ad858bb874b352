"""Update k's examples are a function of (seed, k): nothing depends on who drew before."""

import time
from itertools import chain
from types import SimpleNamespace

import pytest
import torch
from small import small
from torch.utils.data import Dataset

import workloads
from codist.config import Run
from codist.errors import Lost
from codist.exchange import exchange_options
from codist.feed import Order, feed
from codist.loading import loaded
from codist.world import OneProcess


def fed(run, first, last):
    workload = workloads.open(run.workload, "")
    return dict(feed(run, workload, OneProcess(run.n, run.devices), first, last))


def order_of(run, who=0):
    workload = workloads.open(run.workload, "")
    order = Order(run, workload)
    return [[draw.index for draw in order.draws(who, nth)] for nth in range(2 * order.length(who))]


def chained(parts):
    return list(chain.from_iterable(parts))


def test_the_same_update_is_the_same_batch_wherever_one_begins():
    run = small()
    whole, late = fed(run, 0, 9), fed(run, 6, 9)
    for k in late:
        for part in late[k]:
            for i in late[k][part]:
                assert torch.equal(late[k][part][i].x, whole[k][part][i].x)
                assert torch.equal(late[k][part][i].y, whole[k][part][i].y)


def test_loading_processes_change_nothing():
    run, loaded = small(), small()
    loaded.place.workers = 2
    ours, theirs = fed(run, 0, 3), fed(loaded, 0, 3)
    assert all(torch.equal(ours[k][p][0].x, theirs[k][p][0].x) for k in ours for p in ours[k])


def test_an_epoch_shows_every_example_once_but_a_remainder_below_one_device_batch():
    run = small()
    parts = order_of(run)
    first, second = chained(parts[: len(parts) // 2]), chained(parts[len(parts) // 2 :])
    assert len(first) == len(set(first)) == 1437 - 1437 % run.device_batch
    assert first != second


def test_same_sampling_shows_all_models_one_and_the_same_batch():
    parts = fed(small(n=3), 0, 1)[0]
    assert all(parts[p][0] is parts[p][i] for p in parts for i in range(3))


def test_independent_sampling_does_not():
    run = small(sampling="independent", exchange=exchange_options("checkpoints"))
    parts = fed(run, 0, 1)[0]
    assert not torch.equal(parts[0][0].y, parts[0][1].y)


def test_disjoint_sampling_never_shows_two_models_the_same_example():
    run = small(
        sampling="disjoint", exchange=exchange_options("checkpoints"), device_batch=48, batch=96
    )
    seen = [set(chained(order_of(run, who))) for who in range(2)]
    assert not seen[0] & seen[1]
    assert len(seen[0] | seen[1]) > 1437 - 4 * run.device_batch


def test_augmentation_is_drawn_afresh_for_each_epoch_and_kept_within_it():
    run = small()
    train = workloads.open(run.workload, "").train
    from codist.workload import Draw

    assert torch.equal(
        train.__getitems__([Draw(7, 1)]).x, train.__getitems__([Draw(3, 1), Draw(7, 1)]).x[1:]
    )
    assert not torch.equal(train.__getitems__([Draw(7, 1)]).x, train.__getitems__([Draw(7, 2)]).x)


def test_the_split_is_fixed_and_validation_is_never_trained_on():
    data = workloads.open(small().workload, "")
    assert (len(data.train), len(data.valid)) == (1437, 360)
    again = workloads.open(small(seed=2).workload, "")
    assert torch.equal(data.valid.tensors[0], again.valid.tensors[0])
    noisy = {tuple(image.flatten().tolist()) for image in data.train.images + data.train.noise}
    assert not noisy & {tuple(image.flatten().tolist()) for image in data.valid.tensors[0]}


def test_the_digits_are_those_of_scikit_learn():
    from sklearn.datasets import load_digits

    from workloads.digits.data import digits

    images, labels = digits()
    theirs = load_digits()
    assert torch.equal(images[:, 0], torch.tensor(theirs.images, dtype=torch.float32))
    assert torch.equal(labels, torch.tensor(theirs.target))


@pytest.mark.parametrize(
    ("examples", "batch", "epochs"),
    [(1437, 288, 2.0), (1437, 288, 2.6), (50_000, 512, 45), (10, 25, 6.0), (7, 7, 3.0)],
)
def test_an_epoch_ends_with_the_first_update_that_goes_beyond_it_and_a_run_with_its_last(
    examples, batch, epochs
):
    run = Run(
        workload=SimpleNamespace(examples=examples), batch=batch, device_batch=1, epochs=epochs
    )
    beyond = [k + 1 for k in range(run.updates) if int(run.epoch(k + 1)) > int(run.epoch(k))]
    assert run.ends == sorted({*beyond, run.updates})


class Hangs(Dataset):
    """Data whose reading hangs, like a process that was forked while another thread held a lock."""

    def __getitem__(self, index):
        time.sleep(60)


def test_a_loading_process_that_hangs_is_given_up_as_what_may_go_on():
    with (
        pytest.raises(Lost, match="got no batch within 1 s"),
        loaded(Hangs(), [[0]], list, "cpu", 1, stuck=1) as ahead,
    ):
        next(ahead)
