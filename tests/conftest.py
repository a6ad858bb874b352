"""What all tests share: one thread, as each run of a sweep has."""

import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here or in a process that a test starts

from arms import composing, paper  # noqa: F401  fixtures of the tests of sweeps
from cluster import alone, cluster  # noqa: F401  fixtures of the two files of Slurm's tests
