"""The measurements at the end of a run: equal in every placement, and the classes add up to the total."""

import pytest
import torch
from many import on_ranks, world_of
from small import log_of, opened, small

import workloads
from codist.runlog import Onlooker, RunLog
from codist.train import train
from codist.world import OneProcess


def ended(folder, run, world):
    log = RunLog(folder, run.to_dict(), run.defaults()) if world.rank == 0 else Onlooker(folder)
    facts = train(run, opened(run), world, log)
    log.close()
    return facts


def test_the_classes_add_up_to_the_accuracy_of_each_model(tmp_path):
    run = small()
    facts = ended(tmp_path, run, OneProcess(run.n, run.devices, run.servers))
    labels = torch.bincount(workloads.open(run.workload, "").valid.tensors[1]).tolist()
    for i, rows in enumerate(log_of(tmp_path)):
        hits = sum(
            n * percent / 100 for n, percent in zip(labels, facts["top1_of_class"][i], strict=True)
        )
        assert hits / sum(labels) * 100 == pytest.approx(rows[-1]["valid_top1"], abs=0.01)


def test_they_are_the_same_in_every_placement(tmp_path):
    run = small()
    alone = ended(tmp_path / "alone", run, OneProcess(run.n, run.devices, run.servers))[
        "top1_of_class"
    ]
    ranks = on_ranks(4, lambda rank: ended(tmp_path / "ranks", run, world_of(run))["top1_of_class"])
    assert ranks[0] == alone
    assert set(alone) == {0, 1} and alone[0] != alone[1]
