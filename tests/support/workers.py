"""Runs of methods that train one model with n workers, for tests."""

import torch
from small import small

from codist.exchange import exchange_options
from codist.exchange.push_sum import PushSum
from codist.schedules import Schedule
from codist.world import OneProcess

RECIPE = {"epochs": 2.01, "lr": Schedule(0.1, at=[1.0])}
OPTIONS = {"n", "sampling", "precision", "lr", "place"}  # of the run


def run(kind: str, **changes):
    """Workers of 288 examples that split minibatches, five updates; other changes are the exchange's."""
    of_run = {name: value for name, value in changes.items() if name in OPTIONS}
    options = {name: value for name, value in changes.items() if name not in OPTIONS}
    epochs = RECIPE["epochs"] * of_run.get("n", 2) / 2
    settings = {"n": 2, "sampling": "split", **RECIPE, "epochs": epochs} | of_run
    return small(exchange=exchange_options(kind, **options), **settings)


# by name: the arguments of `run`
CASES = {
    "gradients": {"kind": "gradients"},
    "powersgd": {"kind": "powersgd", "rank": 1},
    "topk_gradients": {"kind": "topk_gradients", "keep": 0.05},
    "local SGD": {"kind": "weights", "period": 2},
    "post-local SGD": {"kind": "weights", "period": 2, "local_from": 0.8},
    "SlowMo": {"kind": "weights", "period": 2, "outer": "slowmo", "outer_momentum": 0.5},
    "DiLoCo": {
        "kind": "weights",
        "period": 2,
        "outer": "nesterov",
        "outer_lr": 0.7,
        "outer_momentum": 0.9,
    },
    "DiLoCo in fragments": {
        "kind": "weights",
        "period": 3,
        "fragments": 3,
        "outer": "nesterov",
        "outer_lr": 0.7,
        "outer_momentum": 0.9,
    },
    "push_sum": {"kind": "push_sum", "n": 4},
}
LIKE_ALL_REDUCE = {
    "weights": {"kind": "weights"},
    "powersgd of full rank": {"kind": "powersgd", "rank": 99},
    "topk_gradients of all entries": {"kind": "topk_gradients", "keep": 1.0},
    "weights, all gradients averaged": {"kind": "weights", "local_from": 1.99},
}


def case(name: str):
    return run(**CASES[name])


class Given:
    """What an exchange of gradients needs of a learner: a network with this gradient, (rows, columns)."""

    def __init__(self, gradient: torch.Tensor):
        self.network = torch.nn.Linear(*gradient.shape[::-1], bias=False)
        self.network.weight.grad = gradient.clone()


def received(exchange, gradients: list[torch.Tensor]) -> torch.Tensor:
    """The gradient with which all workers go on, if theirs are `gradients`."""
    learners = {i: Given(gradient) for i, gradient in enumerate(gradients)}
    exchange.gradients(0, learners)
    first, *others = [one.network.weight.grad for one in learners.values()]
    assert all(torch.equal(first, other) for other in others)
    return first


class Standing:
    """What PushSum needs of a learner: a network of one weight."""

    def __init__(self, weight: float):
        self.network = torch.nn.Linear(1, 1, bias=False)
        torch.nn.init.constant_(self.network.weight, weight)


def pushed(weights: list[float], updates: int) -> list[float]:
    """The weights of workers that do not train, after so many exchanges of push-sum."""
    learners = {i: Standing(weight) for i, weight in enumerate(weights)}
    exchange = PushSum(OneProcess(len(weights)))
    for k in range(updates):
        exchange.end(k, learners)
    return [one.network.weight.item() for one in learners.values()]
