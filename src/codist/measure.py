"""Measurements of the models at the end of an epoch: on the validation set and on the weights."""

import math

import torch

from codist.loading import loaded
from codist.metrics import mean_of

# default examples per validation batch; it affects results only by the order of sums
EVALUATED_AT_ONCE = 256
MAX_CLASSES_REPORTED = 1000  # per-class accuracy is skipped above this


@torch.no_grad()
def measure(workload, world, learners, workers: int = 0) -> dict[int, dict[str, float | None]]:
    """The measurements of each model of this process, for its row in the log.

    They are the workload's scores, under their names in codist.metrics; valid_loss under other names
    too if the workload has them; and
    disagreement   None if there is no other model
    distance       ||theta - theta^1||_2 over all parameters (v2 Fig 7)

    A model's shards divide the validation batches. All of them use the BatchNorm statistics of the
    first shard. workers: processes that load the validation set.
    """
    scored = evaluate(workload, world, learners, workers)
    predictions = {
        i: torch.cat([predicted for _, predicted, _ in of_batches])
        for i, of_batches in scored.items()
    }
    like = next(iter(predictions.values()))
    gathered = [
        predictions[j] if j in predictions else torch.empty_like(like) for j in range(world.n)
    ]
    world.move(gathered)()
    measured = {}
    for i, model in learners.items():
        totals = {
            name: math.fsum(sums[name] for sums, _, _ in scored[i]) for name in scored[i][0][0]
        }
        apart = [(gathered[j] != gathered[i]).double().mean() for j in range(world.n) if j != i]
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
    """Top-1 accuracy per class, in percent, for each model of this process.

    None for a class without validation examples; {} above MAX_CLASSES_REPORTED, as for vocabularies.
    """
    if classes > MAX_CLASSES_REPORTED:
        return {}
    found = {}
    for i, of_batches in evaluate(workload, world, learners, workers).items():
        predicted, labels = (torch.cat([batch[which] for batch in of_batches]) for which in (1, 2))
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


def evaluate(workload, world, learners, workers: int) -> dict[int, list[tuple]]:
    """For each model of this process and each validation batch: sums of scores, predictions, labels."""
    everything = range(len(workload.valid))
    at_once = getattr(workload, "evaluated_at_once", EVALUATED_AT_ONCE)
    batches = [list(everything[at : at + at_once]) for at in everything[::at_once]]
    scored: dict[int, list[tuple]] = {i: [] for i in learners}
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
                sums = {
                    name: float(total)
                    for name, total in workload.score(logits, on_device.y).items()
                }
                scored[i].append((sums, logits.argmax(-1).cpu(), batch.y))
    world.meet()
    for model in learners.values():
        model.network.train()
    return {i: world.pool(of_batches) for i, of_batches in scored.items()}
