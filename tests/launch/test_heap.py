"""The memory of a process that trains: freed tensors stay in its heap, which has huge pages."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

FAULTS = """
import resource, sys, torch
from launch.heap import keep_freed
if sys.argv[1] == "kept":
    keep_freed()
def update():
    for tensor in [torch.zeros(2**21) for _ in range(4)]:  # 8 MiB each
        tensor += 1
for _ in range(int(sys.argv[2])):
    update()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
update()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how: str, updates: int = 3) -> int:
    """Page faults of the update after `updates` others, each of the same 32 MiB, 8,192 pages of 4 KiB.

    glibc begins by giving back at once what has 128 KiB, and then adapts; here it may not adapt.
    """
    begun = {"MALLOC_MMAP_THRESHOLD_": str(2**17), "MALLOC_TRIM_THRESHOLD_": str(2**17)}
    asked = [sys.executable, "-c", FAULTS, how, str(updates)]
    return int(subprocess.check_output(asked, text=True, env=os.environ | begun))


GLIBC = hasattr(ctypes.CDLL(None), "mallopt")


@pytest.mark.skipif(
    not GLIBC,
    reason="only glibc's heap can be told; elsewhere nothing is changed. .ci/run has glibc",
)
def test_an_update_asks_for_no_memory_that_the_one_before_has_freed():
    assert faults("kept") < 100
    assert faults("given back") > 2000


HUGE = Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.mark.skipif(
    not GLIBC or not HUGE.exists() or "[never]" in HUGE.read_text(),
    reason="the kernel gives no huge pages; then they stay small. .ci/run has them on request",
)
def test_the_heap_has_pages_of_2_mib():
    """The first update touches 32 MiB for the first time: 16 huge pages, or 8,192 of 4 KiB."""
    assert faults("kept", updates=0) < 2000
    assert faults("given back", updates=0) > 8000 or "[always]" in HUGE.read_text()
