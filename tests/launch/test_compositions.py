"""How often a command composes its config, counted in a process of its own; and Hydra's flags."""

import subprocess
import sys
from pathlib import Path

import pytest
from hydra._internal.utils import get_args_parser
from hydra.core.override_parser.overrides_parser import OverridesParser

from launch.cli_args import Flags
from launch.compose import OF_A_RUN, parsed

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
        # the two sweeps that the figure names; its own file has nothing to compose
        (("plan", "sweep=fig2"), 2),
        (("status", "sweep=fig2"), 2),
        (("-m", "sweep=fig2"), 2 + 2),
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


@pytest.mark.parametrize("value", ["fig2", "codist_fixed", "v1.5-b", "1", "24", "e5", "Null_"])
def test_what_begins_each_job_is_parsed_as_hydra_parses_it(value):
    for key in ("sweep", "arm", "seed"):
        (of_hydra,) = OverridesParser.create().parse_overrides([f"{key}={value}"])
        assert OF_A_RUN.fullmatch(of_hydra.input_line)
        assert parsed([of_hydra.input_line]) == [of_hydra]


@pytest.mark.parametrize(
    "value", ["null", "True", "nan", "01", "-1", "1.5", "a,b", "", "'a'", "a b"]
)
def test_what_is_no_plain_name_or_number_is_left_to_hydra(value):
    assert not OF_A_RUN.fullmatch(f"seed={value}")


def test_the_flags_are_those_of_hydra():
    def flags(parser):
        return {
            (*one.option_strings, one.nargs, one.nargs and one.const, *(one.choices or ()))
            for one in parser._actions
        }

    assert flags(Flags()) == flags(get_args_parser())
