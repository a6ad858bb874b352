"""How often a command composes its config, counted in a process of its own; and Hydra's flags."""

import subprocess
import sys
from pathlib import Path

import pytest
from hydra._internal.utils import get_args_parser

from launch.cli_args import Flags

ROOT = Path(__file__).parents[2]
ARM = ("sweep=regularization", "arm=codist_fixed", "seed=1")
COUNT = """
import atexit, runpy, sys
from hydra._internal.config_loader_impl import ConfigLoaderImpl as Loader
composed, compose = [], Loader.load_configuration
def counted(*args, **named):
    composed.append(named)
    return compose(*args, **named)
Loader.load_configuration = counted
atexit.register(lambda: print(len(composed), "compositions"))
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


@pytest.mark.parametrize(
    ("words", "times"),
    [
        (ARM, 1),
        ((*ARM, "lr.start=0.1", "place.jobs=1"), 1),
        (("plan", *ARM), 1),
        ((*ARM, "--cfg", "job"), 1),
        # hydra.main composes twice in each program; the sweep's file is composed once for all jobs
        (("-m", *ARM[:2]), 2 + 1),
        ((*ARM, "hydra.job.chdir=false"), 2 + 1),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_command_composes_its_config(words, times):
    """The arm's three runs are committed, so nothing is trained."""
    ended = subprocess.run(
        [sys.executable, "-c", COUNT, str(ROOT / "src" / "run.py"), *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == f"{times} compositions"


def test_the_flags_are_those_of_hydra():
    def flags(parser):
        return {
            (*one.option_strings, one.nargs, one.nargs and one.const, *(one.choices or ()))
            for one in parser._actions
        }

    assert flags(Flags()) == flags(get_args_parser())
