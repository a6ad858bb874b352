"""What is measured of the models at the end of an epoch, on the validation set and on their weights."""

import math

import torch

from codist.loading import loaded
from codist.metrics import mean_of

EVALUATED_AT_ONCE = (
    256  # examples, unless the workload says; no number depends on it but by the order of sums
)
LISTED = 1000  # classes, at most, of which each is told of


@torch.no_grad()
def measure(workload, world, learners, workers: int = 0) -> dict[int, dict[str, float | None]]:
    """For each model that lives here, its row's measurements; a model's shards take turns at the batches.

    the workload's scores by their names in codist.metrics, and valid_loss under other names where
    it has them
    disagreement   None where there is no other model
    distance       ||theta - theta^1||_2 over all parameters (v2 Fig 7)

    workers: processes that load the validation set.

    BatchNorm's running statistics are those of the model's first shard, in all its shards.
    """
    scored = evaluate(workload, world, learners, workers)
    told = {
        i: torch.cat([answers for _, answers, _ in of_batches]) for i, of_batches in scored.items()
    }
    like = next(iter(told.values()))
    said = [told[j] if j in told else torch.empty_like(like) for j in range(world.n)]
    world.move(said)()
    measured = {}
    for i, model in learners.items():
        totals = {
            name: math.fsum(sums[name] for sums, _, _ in scored[i]) for name in scored[i][0][0]
        }
        apart = [(said[j] != said[i]).double().mean() for j in range(world.n) if j != i]
        moved = torch._foreach_norm(
            torch._foreach_sub(list(model.network.parameters()), model.start)
        )
        scores = dict(mean_of(score, total, len(like)) for score, total in totals.items())
        named = workload.named(scores["valid_loss"]) if hasattr(workload, "named") else {}
        of_model = {
            "disagreement": 100 * float(sum(apart)) / len(apart) if apart else None,
            "distance": float(torch.linalg.vector_norm(torch.stack(moved))),
        }
        measured[i] = scores | of_model | named
    return measured


@torch.no_grad()
def by_class(
    workload, world, learners, classes: int, workers: int = 0
) -> dict[int, list[float | None]]:
    """For each model that lives here, top-1 percent of each class; None for a class that is not validated on.

    Where classes are more than can be listed, as words are, nothing.
    """
    if classes > LISTED:
        return {}
    found = {}
    for i, of_batches in evaluate(workload, world, learners, workers).items():
        answers, labels = (torch.cat([batch[which] for batch in of_batches]) for which in (1, 2))
        all_of, right = (
            torch.bincount(of, minlength=classes) for of in (labels, labels[answers == labels])
        )
        found[i] = [
            round(100 * hits / n, 2) if n else None
            for hits, n in zip(right.tolist(), all_of.tolist(), strict=True)
        ]
    return found


def at_the_end(workload, learners) -> dict[int, dict]:
    """For each model that lives here, what the workload measures once, of what was trained: in all its shards alike.

    Where weights were added up at the ends of epochs, of their mean; then what it is of the last is
    under last_weights.
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


def evaluate(workload, world, learners, workers: int) -> dict[int, list[tuple]]:
    """For each model that lives here, of each validation batch: the sums of its scores, the answers, the labels."""
    everything = range(len(workload.valid))
    at_once = getattr(workload, "evaluated_at_once", EVALUATED_AT_ONCE)
    batches = [list(everything[at : at + at_once]) for at in everything[::at_once]]
    scored: dict[int, list[tuple]] = {i: [] for i in learners}
    for model in learners.values():
        world.align(list(model.network.buffers()))
        model.network.eval()
    mine = batches[world.shard :: world.shards]
    ahead_of = max(0, min(workers, len(mine) - 1))  # one batch leaves nothing to load meanwhile
    with loaded(workload.valid, mine, workload.collate, world.device, ahead_of) as ahead:
        for batch in ahead:
            there = batch.to(world.device)
            for i, model in learners.items():
                logits = model.answer(model.network, there.x)
                sums = {
                    name: float(total) for name, total in workload.score(logits, there.y).items()
                }
                scored[i].append((sums, logits.argmax(-1).cpu(), batch.y))
    world.meet()
    for model in learners.values():
        model.network.train()
    return {i: world.pool(of_batches) for i, of_batches in scored.items()}
