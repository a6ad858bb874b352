"""A language model that trains on a few made-up documents within a second."""

import random
from dataclasses import dataclass
from pathlib import Path

from small import weights

from codist.check import check
from codist.config import Run
from codist.exchange import exchange_options
from codist.optimizer import Optimizer
from codist.schedules import Schedule
from workloads.language.options import Language
from workloads.text import documents
from workloads.text.documents import END, SPECIAL

CLASSES = 12
EXCHANGES = {
    "checkpoints on halves": {},
    "checkpoints on common batches": {"sampling": "same"},
    "predictions": {"exchange": exchange_options("predictions"), "sampling": "same"},
    "independent": {"exchange": exchange_options("none"), "sampling": "independent"},
}


@dataclass
class Few(Language):
    """A small language workload whose corpus is the data folder itself."""

    classes: int = CLASSES
    window: int = 4
    units: int = 6
    embedded: int = 5
    examples: int = 173
    valid_examples: int = 31

    def folder(self, data: Path) -> Path:
        return data


def few_documents(folder: Path) -> Path:
    """Write 30 documents for training and 3 for validation, each piece likely to follow the one below it."""
    draw = random.Random(0)

    def document(length: int) -> list[int]:
        pieces = [draw.randrange(len(SPECIAL), CLASSES)]
        while len(pieces) < length:
            follows = (pieces[-1] - len(SPECIAL) + 1) % (CLASSES - len(SPECIAL)) + len(SPECIAL)
            pieces.append(follows if draw.random() < 0.8 else draw.randrange(6, CLASSES))
        return [*pieces[: length - 1], END]

    lengths = {"train": [draw.randrange(1, 40) for _ in range(30)], "valid": [9, 2, 20]}
    splits = {
        split: documents.write(folder, split, map(document, of), CLASSES)
        for split, of in lengths.items()
    }
    vocabulary = [*SPECIAL, *map(str, range(CLASSES - len(SPECIAL)))]
    documents.finish(folder, vocabulary, splits, {"hash": "few"})
    return folder


def few(data: Path, **changes) -> Run:
    """A run of 21 updates with two models, each on half of the documents, that exchange checkpoints.

    An update reads 8 windows of 4 pieces, in two device batches.
    """
    run = Run(
        sweep="few",
        arm="arm",
        workload=Few(),
        batch=8,
        device_batch=4,
        epochs=1.0,
        measured_every=0.5,
        sampling="disjoint",
        exchange=exchange_options("checkpoints", period=3),
        distance="cross_entropy",
        optimizer=Optimizer(kind="adam"),
        lr=Schedule(0.01),
    )
    run.place.data = str(data)
    for key, value in changes.items():
        setattr(run, key, value)
    check(run)
    return run


def everything_carried(state: dict) -> list[bytes]:
    """What the models and the stale copies of a checkpoint carry."""
    of_models = [state["models"][i]["carried"] for i in sorted(state["models"])]
    return weights({"models": [of_models, state["exchange"].get("carried", [])]})
