"""Rules that are timed between two ranks, and one update of each by this project."""

from collections.abc import Callable
from math import ceil

import torch.nn.functional as F
from torch import Tensor, nn

from codist.exchange import weights
from codist.exchange.gradients import MeanGradients
from codist.exchange.no_exchange import NoExchange
from codist.exchange.powersgd import PowerSGD
from codist.exchange.predictions import Predictions
from codist.exchange.push_sum import PushSum
from codist.exchange.topk_gradients import TopKGradients
from codist.exchange.turns import Turns
from codist.learner import Learner
from codist.losses import DISTANCES
from codist.optimizer import Optimizer
from codist.train import Now, step
from codist.workload import Batch

RULES = ("predictions", "gradients", "powersgd", "topk_gradients", "weights", "push_sum")
NOW = Now(lr=0.01, weight_decay=0.0, alpha=1.0, smoothing=0.0)
RANK, KEEP, PERIOD = 2, 0.01, 4  # of powersgd, topk_gradients, weights
NEVER = 10**9  # the last update, at which weights are averaged once more

Update = Callable[[int, Tensor, Tensor], None]  # of k, x (B, ...), y (B,)


def exchanges(world, network: nn.Module) -> dict[str, Callable[[], NoExchange]]:
    """This project's exchange of each rule, for networks like this one."""
    shapes = [tuple(one.shape) for one in network.parameters()]
    size = sum(one.numel() for one in network.parameters())
    return {
        "none": NoExchange,
        "predictions": lambda: Predictions(world, 1),
        "gradients": lambda: MeanGradients(world),
        "powersgd": lambda: PowerSGD(world, shapes, RANK, seed=1),
        "topk_gradients": lambda: TopKGradients(world, size, ceil(KEEP * size)),
        "weights": lambda: weights.MeanWeights(
            world, weights.Options(period=PERIOD), Turns(PERIOD, 1), size, NEVER
        ),
        "push_sum": lambda: PushSum(world),
    }


def ours(rule: str, world, network: nn.Module) -> Update:
    learners = {
        i: Learner(i, network, world, optimizer=Optimizer(momentum=0.9)) for i in world.mine
    }
    exchange = exchanges(world, network)[rule]()

    def loss(logits, y, smoothing):
        return F.cross_entropy(logits, y)

    def update(k, x, y):
        parts = {0: dict.fromkeys(learners, Batch(x, y))}
        step(k, learners, parts, exchange, loss, DISTANCES["mse"], NOW)
        for model in learners.values():
            model.seen = {"loss": [], "penalty": []}

    return update
