"""The memory of a process that trains: freed tensors stay in its heap."""

import ctypes
import os
import subprocess
import sys

import pytest

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


GLIBC = hasattr(ctypes.CDLL(None), "mallopt")


@pytest.mark.skipif(
    not GLIBC,
    reason="only glibc's heap can be told; elsewhere nothing is changed. .ci/run has glibc",
)
def test_an_update_asks_for_no_memory_that_the_one_before_has_freed():
    assert faults("kept") < 100
    assert faults("given back") > 2000
