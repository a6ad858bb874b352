"""Numbers do not depend on the placement of the models: one process, a rank a model, several ranks a model."""

import contextlib
from dataclasses import dataclass

import pytest
from many import on_ranks, world_of
from small import (
    CHECKPOINTS,
    NONE,
    log_of,
    opened,
    rows_anywhere,
    small,
    state_of,
    trained,
    weights,
)
from torch import nn

from codist.errors import Refused, Stopped
from codist.exchange import exchange_options
from codist.ranks import shards_of
from codist.runlog import Onlooker, RunLog
from codist.schedules import Schedule
from codist.train import train
from workloads.digits.options import Digits


@dataclass
class Dropped(Digits):
    """Digits whose networks end in dropout."""

    def altered(self, workload):
        network = workload.network
        workload.network = lambda i: nn.Sequential(network(i), nn.Dropout(0.2))
        return workload


CASES = {
    "predictions": {},
    "checkpoints": CHECKPOINTS,
    "checkpoints at every update": {"exchange": exchange_options("checkpoints", period=1)},
    "no exchange": NONE,
    "dropout": {"workload": Dropped(width=2, redraws=2)},
    "dropout in stale copies": {"workload": Dropped(width=2, redraws=2), **CHECKPOINTS},
    "mixed architectures, checkpoints": {
        "workload": Digits(networks=["resnet8", "resnet14"], width=2, redraws=2),
        **CHECKPOINTS,
    },
    "half": {"exchange": exchange_options("predictions", codec="half")},
    "one row in four, of every third update": {
        "exchange": exchange_options("predictions", period=3, positions=4)
    },
    "one row in seven, top-k": {
        "exchange": exchange_options("predictions", codec="topk", k=3, positions=7),
        "distance": "kl",
    },
    "half of the weights": {"exchange": exchange_options("checkpoints", period=2, codec="half")},
    "bf16": {"precision": "bf16"},
    "all_reduce over two servers": {"n": 1, "devices_per_server": 1, **NONE},
}


def spread(folder, run, ranks, stop_after=None):
    """Train `run` on so many ranks; the newest state that rank 0 saved."""

    def of_rank(rank):
        world = world_of(run)
        log = RunLog(folder, run.to_dict(), run.defaults()) if rank == 0 else Onlooker(folder)
        at = [0]

        def report(update):
            at[0] = update

        with contextlib.suppress(Stopped):
            train(
                run,
                opened(run),
                world,
                log,
                report,
                stopping=lambda: rank == ranks - 1 and at[0] == stop_after,
            )
        world.leave()

    on_ranks(ranks, of_rank)
    return state_of(folder)


@pytest.mark.parametrize("case", CASES)
def test_spread_over_ranks_equals_one_process_bitwise(tmp_path, case):
    """Weights, momentum (the gradients' sum), BatchNorm's statistics and every row. The mean over two shards, halved
    before it is summed, has the bits of one process's sum of halves."""
    run = small(**CASES[case])
    alone = trained(tmp_path / "alone", run)
    for ranks in {run.n, 2 * run.n} - {1}:
        folder = tmp_path / str(ranks)
        state = spread(folder, run, ranks)
        assert weights(state) == weights(alone)
        assert rows_anywhere(folder, run.n) == rows_anywhere(tmp_path / "alone", run.n)
        assert {k: v for k, v in state["bits"].items() if "moved" not in k} == {
            k: v for k, v in alone["bits"].items() if "moved" not in k
        }


@pytest.mark.parametrize("n", [3, 8])
def test_more_models_too_bitwise(tmp_path, n):
    run = small(n=n, epochs=0.9, lr=Schedule(0.1))
    assert weights(spread(tmp_path / "ranks", run, n)) == weights(trained(tmp_path / "alone", run))


@pytest.mark.parametrize(
    ("who", "kind", "m"),
    [
        ({"peers": "ring"}, "predictions", 1),
        ({"peers": "ring"}, "checkpoints", 2),
        ({"group": 2}, "predictions", 2),
        ({"group": 2}, "checkpoints", 1),
    ],
)
def test_whoever_hears_whom_bitwise(tmp_path, who, kind, m):
    """A rank then receives from its peers only; the checkpoint is complete all the same."""
    more = {} if kind == "predictions" else {"sampling": "independent"}
    run = small(n=4, exchange=exchange_options(kind, period=2), epochs=5.5 * 288 / 1437, **more)
    assert run.updates == 5
    whole = trained(tmp_path / "alone", run)
    assert weights(spread(tmp_path / "ranks", run, 4 * m)) == weights(whole)
    spread(tmp_path / "moved", run, 4 * m, stop_after=3)
    assert weights(trained(tmp_path / "moved", run)) == weights(whole)


@pytest.mark.parametrize(
    ("n", "m", "devices", "case"),
    [
        (2, 3, 3, "dropout"),
        (2, 2, 6, "checkpoints"),
        (2, 3, 6, "predictions"),
        (2, 3, 6, "dropout"),
        (2, 4, 8, "dropout"),
        (1, 4, 8, "dropout"),
    ],
)
def test_any_number_of_device_batches_a_model_bitwise(tmp_path, n, m, devices, case):
    """Gradients are summed in one tree. On 3 ranks of 6 device batches no branch fits, and each rank sends two sums."""
    changes = CASES[case] | (NONE if n == 1 else {})
    run = small(n=n, device_batch=288 // devices, epochs=0.9, lr=Schedule(0.1), **changes)
    assert weights(spread(tmp_path / "ranks", run, n * m)) == weights(
        trained(tmp_path / "alone", run)
    )


def test_four_device_batches_a_model_are_bitwise_equal_after_20_updates(tmp_path):
    """Sums in another order move weights apart."""
    run = small(batch=64, device_batch=16, epochs=20.5 * 64 / 1437, lr=Schedule(0.1))
    assert (run.devices, run.updates) == (4, 20)
    alone = weights(trained(tmp_path / "alone", run))
    for m in (1, 2, 4):
        assert weights(spread(tmp_path / str(m), run, 2 * m)) == alone


@pytest.mark.parametrize(
    "case", ["predictions", "checkpoints", "one row in four, of every third update"]
)
def test_begun_in_one_placement_it_goes_on_in_any_other(tmp_path, case):
    run = small(**CASES[case])
    whole = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "moved", run, stop_after=2)["update"] == 2
    # agreed on one update later
    assert 4 <= spread(tmp_path / "moved", run, 4, stop_after=4)["update"] <= 5
    assert 6 <= spread(tmp_path / "moved", run, 2, stop_after=6)["update"] <= 7
    assert weights(trained(tmp_path / "moved", run)) == weights(whole)
    assert rows_anywhere(tmp_path / "moved", 2) == rows_anywhere(tmp_path / "whole", 2)


def test_statistics_of_batchnorm_agree_in_all_shards_when_measured(tmp_path):
    run = small(epochs=0.9, lr=Schedule(0.1))

    def of_rank(rank):
        from codist import measure

        seen, real = [], measure.loaded
        world = world_of(run)

        def spying(*arguments, **options):  # called once all models are ready to be measured
            seen.extend(b.sum().item() for b in learner.network.buffers())
            return real(*arguments, **options)

        from codist import set_up

        learner = None

        class Noted(set_up.Learner):
            def __init__(self, *arguments, **options):
                nonlocal learner
                super().__init__(*arguments, **options)
                learner = self

        measure.loaded, set_up.Learner = spying, Noted
        log = RunLog(tmp_path, run.to_dict(), run.defaults()) if rank == 0 else Onlooker(tmp_path)
        train(run, opened(run), world, log)
        return seen

    seen = on_ranks(4, of_rank)
    assert seen[0] == seen[1] != seen[2] == seen[3]


# ---- what is counted


def test_payload_is_counted_where_it_is_handed_over(tmp_path):
    run = small(n=2, devices_per_server=1)
    spread(tmp_path, run, 4)
    last = log_of(tmp_path)[0][-1]
    b_model, b_pred = 32 * Digits(width=2, redraws=2).parameters(0), 32 * 10 * 144
    assert last["moved_exchange_bits"] == 9 * 4 * b_pred  # 9 updates, 4 ranks, one peer each
    # a ring of 2: each sends 2 (2-1)/2 of the gradient
    assert last["moved_all_reduce_bits"] == 9 * 4 * b_model
    assert last["sent_bits"] == 9 * (b_pred + 2 * b_model)  # a device, by v2 §3
    assert last["server_bits"] == 9 * (b_pred + 2 * b_model)  # a server here has one device


def test_between_servers_all_devices_of_one_add_up(tmp_path):
    run = small(device_batch=36, devices_per_server=4)
    trained(tmp_path, run)
    last = log_of(tmp_path)[0][-1]
    b_model, b_pred = 32 * Digits(width=2, redraws=2).parameters(0), 32 * 10 * 36
    assert last["sent_bits"] == 9 * (b_pred + 2 * b_model)
    assert last["server_bits"] == 9 * (4 * b_pred + 2 * b_model)


def test_ranks_that_do_not_divide_are_refused():
    with pytest.raises(
        Refused,
        match="5 ranks cannot share n=2 models of 6 device batches; start one of 2, 4, 6, 12",
    ):
        shards_of(5, 2, 6)
    with pytest.raises(Refused, match="8 ranks cannot share"):
        shards_of(8, 2, 6)
    assert shards_of(6, 2, 6) == 3
