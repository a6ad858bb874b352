"""Shared by all tests: one thread, as in each run of a sweep, and a process that is left as it was."""

import os
import signal
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = (
    "1"  # before torch is imported, here or in a process that a test starts
)
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:  # as where a script has started pytest with &
    # or what a test starts would not hear its Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest
import torch
from arms import composing, paper  # noqa: F401  fixtures of the tests of sweeps
from cluster import alone, cluster  # noqa: F401  fixtures of the tests on Slurm
from together import Together

from workloads.clicks.options import Clicks
from workloads.glyphs.options import Glyphs


def pytest_configure(config):
    """pytest-randomly shuffles the tests and prints its seed. It would also seed `random` and numpy with it before each
    test: off, since a draw of a run that is not keyed would then be equal in two runs that a test
    compares."""
    config.option.randomly_reset_seed = False


def pytest_xdist_make_scheduler(config, log):
    """None leaves the choice to pytest-xdist, where the command line asks for another than its first."""
    return Together(config, log) if config.getvalue("dist") == "load" else None


@pytest.fixture(scope="session")
def bitmaps(tmp_path_factory) -> Path:
    """A data folder with the glyphs' bitmaps, drawn once per process, for tests that do not write to it."""
    folder = tmp_path_factory.mktemp("bitmaps")
    Glyphs().ready(str(folder))
    return folder


@pytest.fixture(scope="session")
def flights(tmp_path_factory) -> Path:
    """A data folder with the table of flights, made once per process, for tests that do not write to it."""
    folder = tmp_path_factory.mktemp("flights")
    Clicks().ready(str(folder))
    return folder


@pytest.fixture(autouse=True)
def process_as_it_was():
    """A run in a test's own process sets environment variables, asks torch for deterministic algorithms, and takes
    SIGTERM for itself. No later test may depend on that; and a pool that ends forked processes with
    SIGTERM would wait for ever."""
    signals = {
        one: signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR2)
    }
    environment, deterministic = dict(os.environ), torch.are_deterministic_algorithms_enabled()
    yield
    torch.use_deterministic_algorithms(deterministic)
    os.environ.clear()
    os.environ.update(environment)
    for one, handler in signals.items():
        signal.signal(one, handler)
