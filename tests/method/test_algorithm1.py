"""Algorithm 1 against pencil and paper: f_i(x) = w_i x on the one example x = 3, y = 1, with L = D = squared error."""

import pytest
import torch
from torch import nn

from codist import check
from codist.exchange.checkpoints import Checkpoints
from codist.exchange.constant import Constant
from codist.exchange.copies import Copies
from codist.exchange.frozen import Frozen
from codist.exchange.no_exchange import NoExchange
from codist.exchange.predictions import Predictions
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.train import Now, step
from codist.workload import Batch
from codist.world import OneProcess

LR = 0.01


def lines(*weights):
    networks = [nn.Linear(1, 1, bias=False) for _ in weights]
    for network, weight in zip(networks, weights, strict=True):
        nn.init.constant_(network.weight, weight)
    return networks


def squared(logits, y, smoothing):
    return (logits - y).square().mean()


def after_a_step(
    exchange, *weights, alpha=1.0, updates=1, weight_decay=0.0, examples=((3.0, 1.0),)
):
    """The weights of n lines after `updates` steps; exchange: from a world and fresh copies to an exchange."""
    world = OneProcess(len(weights))
    learners = {i: Learner(i, network, world) for i, network in enumerate(lines(*weights))}
    exchange = exchange(world, lines(*[float("nan")] * len(weights)))
    for k in range(updates):
        parts = {}
        for part, (x, y) in enumerate(examples):
            batch = Batch(torch.tensor([[x]]), torch.tensor([[y]]))
            parts[part] = dict.fromkeys(learners, batch)
        step(
            k,
            learners,
            parts,
            exchange,
            squared,
            DISTANCES["mse"],
            Now(LR, weight_decay, alpha, 0.0),
        )
    return [learner.network.weight.item() for learner in learners.values()]


def predictions(period=1):
    return lambda world, copies: Predictions(world, period)


def checkpoints(period=1):
    return lambda world, copies: Checkpoints(world, period, copies, seed=0, common=True)


def frozen(*teachers):
    """Finished lines as teachers, as Frozen.start places them."""

    def taught(world, copies):
        exchange = Frozen(world, None, None, seed=0, common=True, arm="lines")
        exchange.copies = Copies(lines(*teachers), [range(len(teachers))] * world.n, 0, True, world)
        return exchange

    return taught


def nothing(world, copies):
    return NoExchange()


@pytest.mark.parametrize(
    "exchange", [predictions(), checkpoints()], ids=["predictions", "checkpoints"]
)
def test_two_models_pull_towards_each_other(exchange):
    # f_0 = 6, f_1 = 15.  dL/dw = 2 (f - 1) 3;  alpha dD/dw = 0.5 * 2 (f_0 - f_1) 3
    w0 = 2 - LR * (2 * 3 * (6 - 1) + 0.5 * 2 * 3 * (6 - 15))
    w1 = 5 - LR * (2 * 3 * (15 - 1) + 0.5 * 2 * 3 * (15 - 6))
    assert after_a_step(exchange, 2.0, 5.0, alpha=0.5) == pytest.approx([w0, w1], rel=1e-6)


@pytest.mark.parametrize(
    "exchange", [predictions(), checkpoints()], ids=["predictions", "checkpoints"]
)
def test_the_penalty_is_the_mean_over_the_other_models(exchange):
    # f = 6, 15, 3: model 0 receives (6-15) and (6-3), halved as there are n-1 = 2 of them
    w0 = 2 - LR * (2 * 3 * (6 - 1) + 2 * 3 * ((6 - 15) + (6 - 3)) / 2)
    w1 = 5 - LR * (2 * 3 * (15 - 1) + 2 * 3 * ((15 - 6) + (15 - 3)) / 2)
    w2 = 1 - LR * (2 * 3 * (3 - 1) + 2 * 3 * ((3 - 6) + (3 - 15)) / 2)
    assert after_a_step(exchange, 2.0, 5.0, 1.0) == pytest.approx([w0, w1, w2], rel=1e-6)


def test_finished_teachers_pull_a_model_and_stay_where_they_are():
    """f = 6 by the student, 15 and 3 by its teachers, also after the first update."""
    w0 = 2 - LR * (2 * 3 * (6 - 1) + 0.5 * 2 * 3 * ((6 - 15) + (6 - 3)) / 2)
    v0 = w0 - LR * (2 * 3 * (3 * w0 - 1) + 0.5 * 2 * 3 * ((3 * w0 - 15) + (3 * w0 - 3)) / 2)
    assert after_a_step(frozen(5.0, 1.0), 2.0, alpha=0.5) == pytest.approx([w0], rel=1e-6)
    assert after_a_step(frozen(5.0, 1.0), 2.0, alpha=0.5, updates=2) == pytest.approx(
        [v0], rel=1e-6
    )


def test_without_exchange_each_model_trains_alone():
    alone = [w - LR * 2 * 3 * (3 * w - 1) for w in (2.0, 5.0, 1.0)]
    assert after_a_step(nothing, 2.0, 5.0, 1.0) == pytest.approx(alone, rel=1e-6)


def test_weight_decay_is_added_to_the_gradient():
    assert after_a_step(nothing, 2.0, weight_decay=0.1)[0] == pytest.approx(
        2 - LR * (2 * 3 * (6 - 1) + 0.1 * 2), rel=1e-6
    )


def test_an_update_averages_its_device_batches():
    # x = 3, y = 1 and x = 1, y = 0: the mean of both gradients, from one and the same theta
    w0 = 2 - LR * ((2 * 3 * (6 - 1) + 2 * 3 * (6 - 15)) + (2 * 1 * (2 - 0) + 2 * 1 * (2 - 5))) / 2
    assert after_a_step(predictions(), 2.0, 5.0, examples=((3.0, 1.0), (1.0, 0.0)))[
        0
    ] == pytest.approx(w0, rel=1e-6)


def test_predictions_are_left_out_between_exchanges():
    """Period 2: the first update uses the logits of the peer, the second does not."""
    w0, w1 = after_a_step(predictions(), 2.0, 5.0)
    alone = [w - LR * 2 * 3 * (3 * w - 1) for w in (w0, w1)]
    assert after_a_step(predictions(period=2), 2.0, 5.0, updates=2) == pytest.approx(
        alone, rel=1e-6
    )


def test_stale_copies_answer_between_exchanges():
    """Period 2: the second update still uses the logits of the other model's first weights, 6 and 15."""
    w0, w1 = after_a_step(checkpoints(), 2.0, 5.0)
    v0 = w0 - LR * (2 * 3 * (3 * w0 - 1) + 2 * 3 * (3 * w0 - 15))
    v1 = w1 - LR * (2 * 3 * (3 * w1 - 1) + 2 * 3 * (3 * w1 - 6))
    assert after_a_step(checkpoints(period=2), 2.0, 5.0, updates=2) == pytest.approx(
        [v0, v1], rel=1e-6
    )


def test_alpha_zero_is_no_exchange_bitwise():
    for exchange in (predictions(), checkpoints()):
        assert after_a_step(exchange, 2.0, 5.0, alpha=0.0, updates=5) == after_a_step(
            nothing, 2.0, 5.0, updates=5
        )


def test_peers_get_no_gradient():
    """The objective of model 0 alone leaves no gradient on model 1, though it names f_1."""
    world = OneProcess(2)
    for exchange in (
        Predictions(world, 1),
        Checkpoints(world, 1, lines(0.0, 0.0), seed=0, common=True),
    ):
        networks = lines(2.0, 5.0)
        learners = {i: Learner(i, network, world) for i, network in enumerate(networks)}
        batch = dict.fromkeys(learners, Batch(torch.tensor([[3.0]]), torch.tensor([[1.0]])))
        exchange.begin(0, learners)
        logits = {i: network(batch[i].x) for i, network in enumerate(networks)}
        others = exchange.others(0, 0, batch, logits)
        assert not any(peer_logits.requires_grad for _, peer_logits in others.values())
        where, peer_logits = others[0]
        DISTANCES["mse"](logits[0][where], peer_logits).backward()
        assert networks[0].weight.grad is not None
        assert networks[1].weight.grad is None


# ---- D


def test_distances_by_pencil():
    logits, others = torch.tensor([[0.0, 0.0]]), torch.tensor([[[1.0, 3.0]], [[0.0, 2.0]]])
    assert DISTANCES["mse"](logits, others).item() == pytest.approx((1 + 9 + 0 + 4) / 4)
    assert DISTANCES["mse_sum"](logits, others).item() == pytest.approx((1 + 9 + 0 + 4) / 2)
    # the model says 1/2, 1/2: cross-entropy is log 2 whatever the target; KL is log 2 less the
    # target's entropy
    assert DISTANCES["cross_entropy"](logits, others).item() == pytest.approx(
        torch.log(torch.tensor(2.0)).item()
    )
    p = others.softmax(-1)
    entropy = -(p * p.log()).sum(-1).mean().item()
    assert DISTANCES["kl"](logits, others).item() == pytest.approx(
        torch.log(torch.tensor(2.0)).item() - entropy
    )


def test_a_distance_is_known_to_what_checks_its_name_without_torch():
    assert set(check.DISTANCES) == set(DISTANCES)


@pytest.mark.parametrize("name", DISTANCES)
def test_the_mean_over_peers_is_the_mean_of_the_distances(name):
    torch.manual_seed(0)
    logits, others = torch.randn(4, 5), torch.randn(3, 4, 5)
    one_by_one = torch.stack([DISTANCES[name](logits, other[None]) for other in others]).mean()
    assert DISTANCES[name](logits, others).item() == pytest.approx(one_by_one.item(), rel=1e-5)


def test_cross_entropy_to_the_mean_of_probabilities_has_the_same_gradient_but_not_to_the_mean_of_logits():
    """Contradiction C17: Sodhani averages D over the peers, Anil the peers' predictions."""
    torch.manual_seed(0)
    others = torch.randn(3, 4, 5)
    gradients = []
    for targets in (
        others,
        others.softmax(-1).mean(0, keepdim=True).log(),
        others.mean(0, keepdim=True),
    ):
        logits = torch.zeros(4, 5, requires_grad=True)
        DISTANCES["cross_entropy"](logits, targets).backward()
        gradients.append(logits.grad)
    assert torch.allclose(gradients[0], gradients[1], atol=1e-6)
    assert not torch.allclose(gradients[0], gradients[2], atol=1e-3)


def test_a_constant_uniform_target_is_label_smoothing():
    """(1-e) CE + e CE(uniform) is torch's label smoothing: gradients agree."""
    torch.manual_seed(0)
    y, e, start = torch.tensor([1, 0, 4]), 0.1, torch.randn(3, 5)
    ours, theirs = start.clone().requires_grad_(), start.clone().requires_grad_()
    where, peer_logits = Constant(torch.full((5,), 0.2).log()).others(0, 0, {}, {0: ours})[0]
    (
        (1 - e) * nn.functional.cross_entropy(ours, y)
        + e * DISTANCES["cross_entropy"](ours[where], peer_logits)
    ).backward()
    nn.functional.cross_entropy(theirs, y, label_smoothing=e).backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-7)
