"""Language model: our loop over hand-written loops with the same network; median CPU time of rounds.

Network, device batch and optimizer are those of scale=laptop, on documents of drawn pieces. The
hand-written loops get the batches as tensors. Our loop also shuffles documents, cuts and loads them.
"""

import copy
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy
import torch
import torch.nn.functional as F

import workloads
from bench.loops import ours, speed
from codist.config import Run
from codist.exchange import exchange_options
from codist.feed import Order
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from workloads.language.options import Language
from workloads.text import documents
from workloads.text.documents import END, SPECIAL

ROUNDS, UPDATES, PERIOD, B, LR = 60, 5, 25, 64, 0.02
LENGTHS = range(400, 2000, 8)  # of the documents, about those of the laptop's text


@dataclass
class Drawn(Language):
    """A language workload whose corpus is the data folder itself."""

    examples: int = sum(-(-length // 32) for length in LENGTHS)
    valid_examples: int = LENGTHS[0]

    def folder(self, data: Path) -> Path:
        return data


def write(folder: Path) -> None:
    draw, classes = numpy.random.default_rng(0), Drawn().classes

    def document(length: int) -> list[int]:
        return [*draw.integers(len(SPECIAL), classes, length - 1).tolist(), END]

    splits = {
        split: documents.write(folder, split, map(document, of), classes)
        for split, of in (("train", LENGTHS), ("valid", LENGTHS[:1]))
    }
    documents.finish(folder, [*SPECIAL, *map(str, range(6, classes))], splits, {"hash": "drawn"})


def run_of(n: int) -> Run:
    return Run(
        workload=Drawn(),
        n=n,
        epochs=2.0,
        batch=B,
        device_batch=B,
        sampling="same",
        distance="cross_entropy",
        optimizer=Optimizer(kind="adam"),
        exchange=exchange_options("checkpoints", period=PERIOD)
        if n > 1
        else exchange_options("none"),
        lr=Schedule(LR, kind="cosine"),
    )


def by_hand(n: int, workload):
    """A round of updates of n models in plain torch; two of them learn from stale copies."""
    run, networks = run_of(n), [workload.network(i) for i in range(n)]
    optimizers = [
        torch.optim.AdamW(net.parameters(), lr=LR, weight_decay=0.0, fused=True) for net in networks
    ]
    copies = [copy.deepcopy(net).requires_grad_(False) for net in networks]
    states, stale = ([net.fresh(B) for net in networks] for _ in range(2))
    order = Order(run, workload)
    batches = iter(
        [workload.train.__getitems__(order.draws(0, k)) for k in range(ROUNDS * UPDATES)]
    )
    updates = iter(range(ROUNDS * UPDATES))

    def update(i, x, y):
        logits, states[i] = networks[i](x, states[i])
        loss = F.cross_entropy(logits, y)
        if n > 1:
            j = 1 - i
            with torch.no_grad():
                other, stale[j] = copies[j](x, stale[j])
            loss = loss + F.cross_entropy(logits, other.softmax(-1))
        loss.backward()
        optimizers[i].step()
        optimizers[i].zero_grad()

    def turn():
        for _ in range(UPDATES):
            k, (x, y, _) = next(updates), next(batches)
            if n > 1 and k % PERIOD == 0:
                for one, net in zip(copies, networks, strict=True):
                    one.load_state_dict(net.state_dict())
            for i in range(n):
                update(i, x, y)

    return turn


def run(line) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        workload = workloads.open(Drawn(), folder)
        for n, what in ((1, "n=1"), (2, "n=2, checkpoints")):
            loop = ours(run_of(n), workload, ROUNDS, UPDATES)
            ratio = speed({"ours": loop, "by hand": by_hand(n, workload)}, ROUNDS)
            line(f"{what}: tokens a second over those by hand", ratio, at_least=0.97)
