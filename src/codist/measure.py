"""Measurements of the models at the end of an epoch: on the validation set and on the weights."""

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from codist.loading import loaded
from codist.metrics import mean_of
from codist.together import of_groups

# default examples per validation batch; it affects results only by the order of sums
EVALUATED_AT_ONCE = 256
MAX_CLASSES_REPORTED = 1000  # per-class accuracy is skipped above this


@torch.no_grad()
def measure(
    workload, world, learners, workers: int = 0, together: int = 0
) -> dict[int, dict[str, float | None]]:
    """The measurements of each model of this process, for its row in the log.

    They are the workload's scores, under their names in codist.metrics; valid_loss under other names
    too if the workload has them; and
    disagreement   None if there is no other model
    distance       ||theta - theta^1||_2 over all parameters (v2 Fig 7)
    together_loss, churn, together_churn
                   of groups of `together` models (together.py); none of them if it is 0

    A model's shards divide the validation batches. All of them use the BatchNorm statistics of the
    first shard. workers: processes that load the validation set.
    """
    scored = evaluate(workload, world, learners, workers, probabilities=together > 0)
    gathered = dict(zip(world.models, from_everyone(world, scored, "predicted"), strict=True))
    groups: dict[int, dict] = {}
    if together:
        groups = of_groups(torch.stack(from_everyone(world, scored, "log_p")), together)
    measured = {}
    for i, model in learners.items():
        totals = {
            name: math.fsum(batch.sums[name] for batch in scored[i]) for name in scored[i][0].sums
        }
        apart = [(gathered[j] != gathered[i]).double().mean() for j in gathered if j != i]
        moved = torch._foreach_norm(
            torch._foreach_sub(list(model.network.parameters()), model.start)
        )
        scores = dict(mean_of(score, total, len(gathered[i])) for score, total in totals.items())
        named = workload.named(scores["valid_loss"]) if hasattr(workload, "named") else {}
        of_model = {
            "disagreement": 100 * float(sum(apart)) / len(apart) if apart else None,
            "distance": float(torch.linalg.vector_norm(torch.stack(moved))),
        }
        measured[i] = scores | of_model | groups.get(i, {}) | named
    return measured


@torch.no_grad()
def by_class(
    workload, world, learners, classes: int, workers: int = 0
) -> dict[int, list[float | None]]:
    """Top-1 accuracy per class, in percent, for each model of this process.

    None for a class without validation examples; {} above MAX_CLASSES_REPORTED, as for vocabularies.
    """
    if classes > MAX_CLASSES_REPORTED:
        return {}
    found = {}
    for i, of_batches in evaluate(workload, world, learners, workers).items():
        predicted = torch.cat([batch.predicted for batch in of_batches])
        labels = torch.cat([batch.labels for batch in of_batches])
        all_of, right = (
            torch.bincount(of, minlength=classes) for of in (labels, labels[predicted == labels])
        )
        found[i] = [
            round(100 * hits / n, 2) if n else None
            for hits, n in zip(right.tolist(), all_of.tolist(), strict=True)
        ]
    return found


def at_the_end(workload, learners) -> dict[int, dict]:
    """The workload's final measurement of each model of this process, equal in all its shards.

    If the workload averages weights over epochs, the averaged weights are measured, and the last
    weights are reported under last_weights.
    """
    found = {}
    for i, model in learners.items():
        last = workload.final(model.network) if hasattr(workload, "final") else {}
        if last and model.average.epochs:
            scored = f"mean of the weights at the ends of the last {model.average.epochs} epochs"
            found[i] = {
                "scored": scored,
                **workload.final(model.average.mean()),
                "last_weights": last,
            }
        elif last:
            found[i] = {"scored": "last weights", **last}
    return found


class Scored(NamedTuple):
    """One model's answers on one validation batch of N targets."""

    sums: dict[str, float]  # of Workload.score
    predicted: Tensor  # (N,)
    labels: Tensor  # (N,)
    log_p: Tensor | None  # (N,), log of the label's probability, in nats, if asked for


def evaluate(
    workload, world, learners, workers: int, probabilities: bool = False
) -> dict[int, list[Scored]]:
    """Returns {model of this process: its answers on each validation batch}."""
    everything = range(len(workload.valid))
    at_once = getattr(workload, "evaluated_at_once", EVALUATED_AT_ONCE)
    batches = [list(everything[at : at + at_once]) for at in everything[::at_once]]
    scored: dict[int, list[Scored]] = {i: [] for i in learners}
    for model in learners.values():
        world.align(list(model.network.buffers()))
        model.network.eval()
    mine = batches[world.shard :: world.shards]
    # a single batch has nothing to overlap with
    useful_workers = max(0, min(workers, len(mine) - 1))
    with loaded(workload.valid, mine, workload.collate, world.device, useful_workers) as loading:
        for batch in loading:
            on_device = batch.to(world.device)
            for i, model in learners.items():
                logits = model.answer(model.network, on_device.x)
                predicted = logits.argmax(-1)
                scores = workload.score(logits, on_device.y, predicted)
                sums = {name: float(total) for name, total in scores.items()}
                log_p = None
                if probabilities:
                    log_p = -F.cross_entropy(logits, on_device.y, reduction="none").cpu()
                scored[i].append(Scored(sums, predicted.cpu(), batch.y, log_p))
    world.meet()
    for model in learners.values():
        model.network.train()
    return {i: world.pool(of_batches) for i, of_batches in scored.items()}


def from_everyone(world, scored: dict[int, list[Scored]], name: str) -> list[Tensor]:
    """One field of all answers of each model, (V,) on the CPU, in order, also from other processes."""
    own = {i: torch.cat([getattr(batch, name) for batch in of]) for i, of in scored.items()}
    like = next(iter(own.values()))
    gathered = [own[j] if j in own else torch.empty_like(like) for j in world.models]
    world.move(gathered)()
    return gathered
