"""Anchors of methods that train one model with n workers: equalities that a wrong averager breaks.

`pytest -s` prints each with the largest difference found.
"""

import pytest
import torch
import workers
from small import log_of, opened, small, trained, weights

from codist.errors import Refused
from codist.exchange import exchange_options, powersgd
from codist.exchange.one_model import flat
from codist.exchange.outer_step import At, nesterov, slowmo
from codist.exchange.powersgd import PowerSGD
from codist.exchange.topk_gradients import TopKGradients
from codist.feed import Order
from codist.keys import generator
from codist.schedules import Schedule
from codist.world import OneProcess
from workloads.digits.options import Digits


def whole(folder, **changes):
    """The weights of all_reduce: n=1 on minibatches as large as those of two workers."""
    recipe = {**workers.RECIPE, "exchange": exchange_options("none"), **changes}
    run = small(n=1, batch=576, **recipe)
    return run, trained(folder, run)


def farthest(one: dict, other: dict, worker: int = 0) -> float:
    """The largest difference between weights of all_reduce and of a worker."""
    networks = one["models"][0]["network"], other["models"][worker]["network"]
    names = [name for name in networks[0] if "running" not in name and "tracked" not in name]
    return max(float((networks[0][name] - networks[1][name]).abs().max()) for name in names)


def test_averaged_gradients_of_two_workers_are_all_reduce_bitwise(tmp_path):
    """Weights, BatchNorm's statistics and rows of worker 0: the workers' parts are the branches of its sums."""
    run, one = whole(tmp_path / "1")
    two = trained(tmp_path / "2", workers.run("gradients"))
    assert run.updates == workers.run("gradients").updates == 5
    assert weights({"models": {0: two["models"][0]}}) == weights(one)
    row, of_one = log_of(tmp_path / "2")[0][-1], log_of(tmp_path / "1", 1)[0][-1]
    assert {name: row[name] for name in ("valid_loss", "valid_top1", "distance")} == {
        name: of_one[name] for name in ("valid_loss", "valid_top1", "distance")
    }
    assert row["sent_bits"] == 5 * 2 * 32 * Digits(width=2).parameters(0)


@pytest.mark.parametrize(
    ("name", "within"),
    [
        ("weights", 1e-6),  # the mean of two updates is the update of the mean
        ("powersgd of full rank", 1e-5),
        ("topk_gradients of all entries", 1e-6),
        ("weights, all gradients averaged", 0.0),
    ],
)
def test_what_equals_all_reduce(tmp_path, name, within, monkeypatch):
    # factors of full rank are larger than their matrix, which would then be sent whole
    monkeypatch.setattr(powersgd, "is_compressed", lambda shape, rank: len(shape) > 1)
    _, one = whole(tmp_path / "1")
    found = farthest(one, trained(tmp_path / "2", workers.run(**workers.LIKE_ALL_REDUCE[name])))
    print(f"{name} and all_reduce: {found:.1e}")
    assert found <= within


@pytest.mark.parametrize(
    "exchange",
    [PowerSGD(OneProcess(2), [(8, 6)], 1, seed=1), TopKGradients(OneProcess(2), 48, entries=5)],
    ids=lambda one: type(one).__name__,
)
def test_what_compression_leaves_out_is_kept_for_later(exchange):
    """What all updates received, and what is still missed, add up to all gradients."""
    total, sent = torch.zeros(8, 6), torch.zeros(8, 6)
    for k in range(4):
        gradients = [torch.randn(8, 6, generator=generator(k, i)) for i in range(2)]
        total += sum(gradients) / 2
        sent += workers.received(exchange, gradients)
    missed = [torch.as_tensor(flat(list(one))).view(8, 6) for one in exchange.missed.values()]
    torch.testing.assert_close(sent + sum(missed) / 2, total)
    assert (sent - total).abs().max() > 0.1


def test_the_largest_entries_of_two_workers_are_averaged():
    """Of (4, 1, 0) and (0, -1, 3) one entry each: 4 and 3, halved."""
    exchange = TopKGradients(OneProcess(2), 3, entries=1)
    gradients = [torch.tensor([[4.0, 1.0, 0.0]]), torch.tensor([[0.0, -1.0, 3.0]])]
    assert workers.received(exchange, gradients).tolist() == [[2.0, 0.0, 1.5]]
    # now 1 and -1 were missed, and the gradients' second entries reach 2 and -2
    assert workers.received(exchange, gradients).tolist() == [[2.0, 0.0, 1.5]]
    rest = [torch.zeros(1, 3), torch.zeros(1, 3)]
    assert workers.received(exchange, rest).tolist() == [[0.0, 0.0, 0.0]]


def test_outer_steps_by_hand():
    """theta 1, mean 0, momentum 1 of before, lr 0.5: DiLoCo with 0.7 and 0.9, SlowMo with 1 and 0.5."""
    at = At(*(torch.tensor([one]) for one in (1.0, 0.0, 1.0)), 0.5)
    theta, momentum = nesterov(at, 0.7, 0.9)
    # momentum 0.9 + 1; step 0.7 (1 + 0.9 * 1.9)
    assert (theta.item(), momentum.item()) == (pytest.approx(1 - 0.7 * 2.71), pytest.approx(1.9))
    theta, momentum = slowmo(at, 1.0, 0.5)
    # momentum 0.5 + 1 / 0.5; step 0.5 * 2.5
    assert (theta.item(), momentum.item()) == (pytest.approx(1 - 1.25), pytest.approx(2.5))


@pytest.mark.parametrize("outer", ["nesterov", "slowmo"])
def test_an_outer_step_of_lr_1_without_momentum_is_local_sgd(tmp_path, outer):
    one = trained(tmp_path / "1", workers.run("weights", period=2))
    two = trained(tmp_path / "2", workers.run("weights", period=2, outer=outer))
    found = farthest(one, two)
    print(f"{outer} of lr 1 and local SGD: {found:.1e}")
    assert found <= 1e-6
    more = workers.run("weights", period=2, outer=outer, outer_lr=0.5, outer_momentum=0.5)
    assert farthest(one, trained(tmp_path / "3", more)) > 1e-3


def test_fragments_change_when_and_not_what_is_averaged(tmp_path):
    """With one worker's data in both, an average changes nothing, whatever its turn."""
    one = trained(tmp_path / "1", workers.run("weights", period=3))
    two = trained(tmp_path / "2", workers.run("weights", period=3, fragments=3))
    assert farthest(one, two) > 1e-4
    rows = [log_of(tmp_path / name)[0][-1] for name in "12"]
    assert all(
        row["sent_bits"] == workers.run("weights", period=3, fragments=of).sent_bits(5)
        for row, of in zip(rows, (1, 3), strict=True)
    )


@pytest.mark.parametrize("name", workers.CASES)
def test_workers_end_as_one_model(tmp_path, name):
    run = workers.case(name)
    state = trained(tmp_path, run)
    if run.exchange.kind == "gradients":  # as under DDP, each has statistics of its own
        assert farthest({"models": {0: state["models"][0]}}, state, worker=1) == 0
        return
    first, *others = [state["models"][i]["network"] for i in range(run.n)]
    shared = [
        name
        for name in first
        if run.exchange.kind in ("weights", "push_sum") or "running" not in name
    ]
    assert all(torch.equal(first[name], other[name]) for other in others for name in shared)


@pytest.mark.parametrize("name", workers.CASES)
def test_bits_are_those_of_the_formula(tmp_path, name):
    run = workers.case(name)
    trained(tmp_path, run)
    for row in log_of(tmp_path, run.n)[0]:
        assert row["sent_bits"] == run.sent_bits(row["update"])


@pytest.mark.parametrize("name", workers.CASES)
def test_a_resumed_run_equals_an_uninterrupted_one_bitwise(tmp_path, name):
    run = workers.case(name)
    without = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "stopped", run, stop_after=3)["update"] == 3
    assert weights(trained(tmp_path / "stopped", run)) == weights(without)
    assert log_of(tmp_path / "stopped", run.n) == log_of(tmp_path / "whole", run.n)


def test_push_sum_keeps_shares_that_sum_to_n(tmp_path):
    state = trained(tmp_path, workers.case("push_sum"))
    assert state["exchange"]["shares"] == [1.0] * 4


def test_push_sum_mixes_all_workers_in_log_n_updates():
    """Four workers with the weights 0, 4, 8, 12 that stand still: after two updates all have the mean, 6."""
    found = workers.pushed([0.0, 4.0, 8.0, 12.0], updates=2)
    assert found == [6.0] * 4
    assert workers.pushed([0.0, 4.0, 8.0, 12.0], updates=1) == [6.0, 2.0, 6.0, 10.0]


def test_post_local_sgd_is_all_reduce_until_its_workers_train_apart(tmp_path):
    _, one = whole(tmp_path / "1", lr=Schedule(0.1))
    late = workers.run("weights", period=5, local_from=1.0, lr=Schedule(0.1))
    stopped = trained(tmp_path / "2", late, stop_after=2)
    assert stopped["update"] == 2
    _, early = whole(tmp_path / "3", lr=Schedule(0.1))
    assert farthest(one, early) == 0
    assert log_of(tmp_path / "2")[0] == []
    done = trained(tmp_path / "2", late)
    assert farthest(one, done) > 1e-3


def test_split_workers_read_each_example_of_an_epoch_once():
    run = workers.run("gradients")
    order = Order(run, opened(run))
    read = [
        draw.index
        for k in range(2)
        for i in range(2)
        for part in range(2)
        for draw in order.draws(*order.position(i, k, part))
    ]
    assert len(read) == len(set(read)) == 2 * 2 * 288
    assert run.epoch(2) == 2 * 576 / 1437


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "gradients", "n": 1}, "needs other workers, and n=1 has none"),
        ({"kind": "gradients", "sampling": "same"}, "got sampling=same; set sampling=split"),
        ({"kind": "weights", "precision": "fp16"}, "set precision=bf16"),
        ({"kind": "weights", "outer": "adam"}, "exchange.outer=adam is not known"),
        ({"kind": "weights", "outer_lr": 0.7}, "exchange.outer=mean takes no step"),
        ({"kind": "weights", "fragments": 2}, "fragments must be 1 to exchange.period=1"),
        (
            {"kind": "weights", "local_from": 9.0},
            "local_from must be at least 0 and below epochs=2",
        ),
        ({"kind": "powersgd", "rank": 0}, "exchange.rank must be 1 or more"),
        ({"kind": "topk_gradients", "keep": 0.0}, "exchange.keep must be above 0"),
        ({"kind": "push_sum"}, "needs n=4, 8, 16, ... workers, got n=2"),
    ],
)
def test_what_cannot_be_is_refused(changes, message):
    with pytest.raises(Refused, match=message):
        workers.run(**changes)
