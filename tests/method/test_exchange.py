"""Equalities that must hold between exchanges, and the bits they send."""

import pytest
import torch
from small import CHECKPOINTS, NONE, log_of, small, trained, weights

import workloads
from codist.errors import Refused
from codist.exchange import exchange_options
from codist.exchange.checkpoints import Checkpoints
from codist.exchange.predictions import Predictions
from codist.keys import reseed
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.schedules import Schedule
from codist.world import OneProcess
from workloads.digits.options import Digits


def test_checkpoints_at_every_update_on_a_common_batch_equal_predictions_bitwise(tmp_path):
    """This holds with BatchNorm and momentum, since a stale copy answers in train mode, but not with dropout."""
    predictions = trained(tmp_path / "p", small())
    checkpoints = trained(tmp_path / "c", small(exchange=exchange_options("checkpoints", period=1)))
    assert weights(predictions) == weights(checkpoints)
    assert predictions["bits"] != checkpoints["bits"]


@pytest.mark.parametrize("kind", ["predictions", "checkpoints"])
def test_alpha_zero_equals_no_exchange_bitwise(tmp_path, kind):
    zero = trained(
        tmp_path / "zero", small(exchange=exchange_options(kind, period=2), alpha=Schedule(0.0))
    )
    assert weights(zero) == weights(trained(tmp_path / "none", small(**NONE)))


def test_burn_in_equals_no_exchange_until_it_ends(tmp_path):
    burning = trained(tmp_path / "b", small(alpha=Schedule(1.0, until=1.0)), stop_after=4)
    none = trained(tmp_path / "n", small(**NONE), stop_after=4)
    assert weights(burning) == weights(none)
    assert weights(trained(tmp_path / "b", small(alpha=Schedule(1.0, until=1.0)))) != weights(
        trained(tmp_path / "n", small(**NONE))
    )


def test_stale_copies_answer_nothing_during_the_burn_in(tmp_path):
    """Five updates an epoch: the first five have alpha 0, so the first row has no penalty."""
    run = small(alpha=Schedule(1.0, until=1.0), **CHECKPOINTS)
    assert run.burn_in == 5
    trained(tmp_path, run)
    first, last = log_of(tmp_path)[0]
    assert first["train_penalty"] is None
    assert last["train_penalty"] > 0


def test_the_burn_in_ends_with_the_first_alpha_above_zero():
    assert small().burn_in == 0
    assert small(alpha=Schedule(1.0, until=0.5)).burn_in == 3  # update 2 is at 0.4, update 3 at 0.6
    assert small(alpha=Schedule(0.0)).burn_in == small().updates


def test_one_model_is_the_same_alone_and_among_others(tmp_path):
    """n independent models on one minibatch: the first is what n = 1 trains."""
    alone, among = (
        trained(tmp_path / "1", small(n=1, **NONE)),
        trained(tmp_path / "3", small(n=3, **NONE)),
    )
    assert weights({"models": {0: alone["models"][0]}}) == weights(
        {"models": {0: among["models"][0]}}
    )


def test_models_of_different_depth_learn_from_each_other(tmp_path):
    mixed = Digits(networks=["resnet8", "resnet14"], width=2)
    run = small(workload=mixed)
    state = trained(tmp_path / "mixed", run)
    assert len(state["models"][0]["network"]) < len(state["models"][1]["network"])
    copies = trained(
        tmp_path / "copies",
        small(workload=mixed, exchange=exchange_options("checkpoints", period=1)),
    )
    assert weights(copies) == weights(state)


@pytest.mark.parametrize("target", ["uniform", "unigram"])
def test_a_constant_target_trains_a_single_model(tmp_path, target):
    run = small(
        n=1,
        exchange=exchange_options("constant", target=target),
        distance="cross_entropy",
        alpha=Schedule(0.1),
    )
    trained(tmp_path, run)
    assert log_of(tmp_path, 1)[0][-1]["train_penalty"] > 0
    assert log_of(tmp_path, 1)[0][-1]["sent_bits"] == 0


def test_constant_targets_are_distributions():
    data = workloads.open(Digits(width=2), "")
    assert data.frequencies().sum().item() == pytest.approx(1)
    assert data.frequencies().min() > 0.05


def test_a_copy_draws_its_dropout_from_its_key():
    """Dropout is no excuse for an answer that depends on who was asked before."""

    def dropout():
        return torch.nn.Sequential(torch.nn.Dropout(0.5), torch.nn.Linear(64, 2))

    world = OneProcess(2)
    exchange = Checkpoints(world, 1, [dropout(), dropout()], seed=1, common=True)
    x = torch.ones(1, 64)

    class Part:
        def __init__(self):
            self.x = x

    batch, logits = {0: Part(), 1: Part()}, {0: x, 1: x}
    exchange.begin(1, {i: Learner(i, dropout(), world) for i in range(2)})
    first = exchange.others(5, 0, batch, logits)
    reseed("something", "else")
    again = exchange.others(5, 0, batch, logits)
    assert all(torch.equal(first[i][1], again[i][1]) for i in first)
    assert not torch.equal(first[0][1], exchange.others(6, 0, batch, logits)[0][1])


# ---- bits, exactly those of v2 §3


@pytest.mark.parametrize("period", [1, 2, 3])
def test_predictions_send_n_minus_1_predictions_of_a_device_batch_every_period(tmp_path, period):
    trained(tmp_path, small(n=3, exchange=exchange_options("predictions", period=period)))
    exchanges = len(range(0, 9, period))
    b_pred, B = 32 * 10, 144
    assert log_of(tmp_path)[0][-1]["sent_bits"] == exchanges * (3 - 1) * b_pred * B


@pytest.mark.parametrize("period", [1, 3, 4])
def test_checkpoints_send_n_minus_1_models_every_period(tmp_path, period):
    trained(tmp_path, small(n=3, exchange=exchange_options("checkpoints", period=period)))
    exchanges = len(range(0, 9, period))
    b_model = 32 * Digits(width=2).parameters(0)
    assert log_of(tmp_path)[0][-1]["sent_bits"] == exchanges * (3 - 1) * b_model


def test_all_reduce_sends_two_models_an_update_once_it_spans_servers(tmp_path):
    b_model = 32 * Digits(width=2).parameters(0)
    trained(tmp_path / "two", small(n=1, devices_per_server=1, **NONE))
    assert log_of(tmp_path / "two", 1)[0][-1]["sent_bits"] == 9 * 2 * b_model
    trained(tmp_path / "one", small(n=1, devices_per_server=2, **NONE))
    assert log_of(tmp_path / "one", 1)[0][-1]["sent_bits"] == 0


@pytest.mark.parametrize(
    "changes",
    [
        {},
        NONE,
        CHECKPOINTS,
        {"n": 3},
        {"devices_per_server": 1},
        {"exchange": exchange_options("predictions", period=4)},
        {"exchange": exchange_options("predictions", period=2, codec="topk", k=3, positions=7)},
    ],
)
def test_a_plan_foretells_what_is_sent(tmp_path, changes):
    run = small(**changes)
    trained(tmp_path, run)
    assert log_of(tmp_path)[0][-1]["sent_bits"] == run.sent_bits(run.updates)


@pytest.mark.parametrize("network", ["resnet8", "resnet14"])
@pytest.mark.parametrize("width", [2, 8])
def test_the_planned_parameters_are_those_of_the_network(network, width):
    options = Digits(networks=[network], width=width)
    assert options.parameters(0) == sum(
        p.numel() for p in workloads.open(options, "").network(0).parameters()
    )


# ---- one row in so many


def sent_rows(positions):
    """Two models' logits (10, 3), the first's with gradient; and what the first should learn of the second."""
    torch.manual_seed(0)
    logits = {0: torch.randn(10, 3, requires_grad=True), 1: torch.randn(10, 3)}
    return logits, *Predictions(OneProcess(2), 1, positions=positions, seed=1).others(
        0, 0, {}, logits
    )[0]


@pytest.mark.parametrize(("positions", "rows"), [(1, 144), (4, 36), (7, 21), (1000, 1)])
def test_one_row_in_so_many_is_sent_and_at_least_one(tmp_path, positions, rows):
    run = small(
        n=3,
        exchange=exchange_options("predictions", positions=positions),
        epochs=0.9,
        lr=Schedule(0.1),
    )
    trained(tmp_path, run)
    assert log_of(tmp_path)[0][-1]["sent_bits"] == run.sent_bits(4) == 4 * (3 - 1) * 32 * 10 * rows


def test_the_received_logits_are_the_peers_of_those_rows_and_only_they_get_a_gradient():
    logits, where, peer_logits = sent_rows(positions=4)
    assert len(where.unique()) == len(where) == 3  # of 10
    assert torch.equal(peer_logits, logits[1][where][None])
    DISTANCES["mse"](logits[0][where], peer_logits).backward()
    assert logits[0].grad.any(-1).nonzero().flatten().tolist() == sorted(where.tolist())


def test_rows_are_drawn_anew_for_each_device_batch_and_no_other_draw_moves_them():
    exchange, rows = Predictions(OneProcess(2), 1, positions=4, seed=1), torch.zeros(10, 3)
    first = {
        (k, part): exchange.drawn_rows(k, part, rows).tolist()
        for k in range(3)
        for part in range(3)
    }
    assert len({tuple(sorted(drawn)) for drawn in first.values()}) > 5  # of C(10, 3) = 120
    reseed("something", "else")
    assert first[2, 1] == exchange.drawn_rows(2, 1, rows).tolist()


def test_on_average_the_penalty_is_that_over_all_rows():
    """Within four standard errors of the mean over 4000 updates, and each row as often as any other."""
    logits, where, peer_logits = sent_rows(positions=1)
    full = DISTANCES["kl"](logits[0][where], peer_logits).item()
    penalties, times = [], torch.zeros(10)
    exchange = Predictions(OneProcess(2), 1, positions=4, seed=1)
    for k in range(4000):
        where, peer_logits = exchange.others(k, 0, {}, logits)[0]
        penalties.append(DISTANCES["kl"](logits[0].detach()[where], peer_logits))
        times[where] += 1
    penalties = torch.stack(penalties).double()
    assert abs(penalties.mean() - full) < 4 * penalties.std() / 4000**0.5 < 0.05 * full
    assert (times / 4000 - 3 / 10).abs().max() < 4 * (0.3 * 0.7 / 4000) ** 0.5


def test_rows_are_of_predictions():
    for kind in ("none", "checkpoints"):
        with pytest.raises(
            Refused, match=f"kind={kind} has no option positions; exchange.kind=predictions has it"
        ):
            exchange_options(kind, positions=2)
    with pytest.raises(Refused, match=r"exchange.positions must be above 0, got 0"):
        small(exchange=exchange_options("predictions", positions=0))


# ---- which models receive from which


def test_a_ring_has_two_neighbours_and_groups_keep_to_themselves():
    ring, everyone = (exchange_options("predictions", peers=peers) for peers in ("ring", "all"))
    assert ring.peers_of(4) == [[1, 3], [0, 2], [1, 3], [0, 2]]
    assert ring.peers_of(3) == everyone.peers_of(3) == [[1, 2], [0, 2], [0, 1]]
    assert exchange_options("checkpoints", group=2).peers_of(4) == [[1], [0], [3], [2]]
    assert exchange_options("predictions", group=4, peers="ring").peers_of(8)[5] == [4, 6]
    assert ring.peers_of(1) == [[]]


@pytest.mark.parametrize("kind", ["predictions", "checkpoints"])
def test_groups_are_trained_as_if_the_others_were_not_there(tmp_path, kind):
    more = {} if kind == "predictions" else {"sampling": "independent"}
    two = trained(tmp_path / "two", small(exchange=exchange_options(kind, period=2), **more))
    four = trained(
        tmp_path / "four", small(n=4, exchange=exchange_options(kind, period=2, group=2), **more)
    )
    assert weights({"models": {i: four["models"][i] for i in (0, 1)}}) == weights(two)


@pytest.mark.parametrize("peers", ["all", "ring"])
def test_bits_count_those_who_listen(tmp_path, peers):
    run = small(n=4, exchange=exchange_options("predictions", peers=peers))
    trained(tmp_path, run)
    (_, last), *_ = log_of(tmp_path)
    receivers = 3 if peers == "all" else 2
    assert last["sent_bits"] == run.sent_bits(9) == 9 * receivers * 144 * 10 * 32
