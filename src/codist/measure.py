"""What is measured of the models at the end of an epoch, on the validation set and on their weights."""

import torch
from torch.utils.data import DataLoader

EVALUATED_AT_ONCE = 256  # examples; no number depends on it but by the order of sums


@torch.no_grad()
def measure(workload, world, learners) -> dict[int, dict[str, float | None]]:
    """For each model that lives here, its row's measurements.

    valid_loss     mean nats of the labels
    valid_top1     percent
    disagreement   percent of the validation examples on which its answer is not a peer's, mean over the peers;
                   None where there is no peer
    distance       ||theta - theta^1||_2 over all parameters (v2 Fig 7)
    """
    sums = {i: {} for i in learners}
    answers = {i: [] for i in learners}
    for model in learners.values():
        model.network.eval()
    for batch in DataLoader(workload.valid, EVALUATED_AT_ONCE, collate_fn=workload.collate):
        for i, model in learners.items():
            logits = model.network(batch.x.to(world.device))
            for name, total in workload.score(logits, batch.y.to(world.device)).items():
                sums[i][name] = sums[i].get(name, 0) + total
            answers[i].append(logits.argmax(-1))
    for model in learners.values():
        model.network.train()

    answers = {i: torch.cat(said) for i, said in answers.items()}
    count = len(next(iter(answers.values())))
    told = [answers[j] if j in answers else torch.empty_like(next(iter(answers.values()))) for j in range(world.n)]
    for j, said in enumerate(told):
        world.tell(j, said)
    measured = {}
    for i, model in learners.items():
        apart = [(told[i] != said).double().mean() for j, said in enumerate(told) if j != i]
        moved = torch._foreach_norm(torch._foreach_sub(list(model.network.parameters()), model.start))
        measured[i] = {
            "valid_loss": float(world.total(sums[i]["nll"])) / count,
            "valid_top1": 100 * float(world.total(sums[i]["top1"])) / count,
            "disagreement": 100 * float(sum(apart)) / len(apart) if apart else None,
            "distance": float(torch.linalg.vector_norm(torch.stack(moved))),
        }
    return measured
