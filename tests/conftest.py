"""What all tests share: one thread, as each run of a sweep has, and signals that mean what they meant before."""

import os
import signal

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported, here or in a process that a test starts
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as where a script has started pytest with &
    signal.signal(signal.SIGINT, signal.default_int_handler)  # or what a test starts would not hear its Ctrl-C

import pytest
from arms import composing, paper  # noqa: F401  fixtures of the tests of sweeps
from cluster import alone, cluster  # noqa: F401  fixtures of the two files of Slurm's tests


@pytest.fixture(autouse=True)
def signals_as_they_were():
    """A run in a test's own process takes SIGTERM for itself. Processes that a later test forks would inherit that, and
    a pool that ends them with SIGTERM would wait for ever."""
    before = {one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)}
    yield
    for one, handler in before.items():
        signal.signal(one, handler)
