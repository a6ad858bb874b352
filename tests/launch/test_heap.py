"""The memory of a process that trains: freed tensors stay in its heap, and nothing recorded lies between them."""

import os
import subprocess
import sys

import pytest
import torch

from codist.learner import Learner
from codist.world import OneProcess

FAULTS = """
import resource, sys, torch
from launch.heap import keep_freed
if sys.argv[1] == "kept":
    keep_freed()
def update():
    for tensor in [torch.zeros(2**21) for _ in range(4)]:  # 8 MiB each
        tensor += 1
for _ in range(3):
    update()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(10):
    update()
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


def faults(how: str) -> float:
    """Page faults of an update whose tensors are the same 32 MiB each time, 8,192 pages of 4 KiB.

    glibc begins by giving back at once what has 128 KiB, and then adapts; here it may not adapt.
    """
    begun = {"MALLOC_MMAP_THRESHOLD_": str(2**17), "MALLOC_TRIM_THRESHOLD_": str(2**17)}
    asked = [sys.executable, "-c", FAULTS, how]
    return float(subprocess.check_output(asked, text=True, env=os.environ | begun))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="mallopt is glibc's")
def test_an_update_asks_for_no_memory_that_the_one_before_has_freed():
    assert faults("kept") < 100
    assert faults("given back") > 2000


def test_a_learner_on_a_cpu_records_numbers():
    """Tensors of four bytes between freed logits made the heap grow by 6 MB an update."""
    learner = Learner(0, torch.nn.Linear(2, 2), OneProcess(1))
    learner.record(loss=torch.tensor(0.5, requires_grad=True))
    learner.record(loss=torch.tensor(1.5), replaced=torch.tensor(3))
    assert learner.seen["loss"] == [0.5, 1.5]
    assert all(type(value) is not torch.Tensor for of in learner.seen.values() for value in of)
    assert learner.means()["train_loss"] == 1.0
