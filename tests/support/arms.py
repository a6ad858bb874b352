"""Every arm of every sweep, composed: what tests of sweeps and of published numbers read."""

import contextlib
import functools

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from codist import designs
from figures.evidence import names
from figures.evidence.names import NAMES, PUBLISHED
from launch import compose, jobs

SWEEPS = compose.names()
SCALES = sorted(path.stem for path in (compose.SWEEPS / "scale").glob("*.yaml"))
EXPERIMENTS = yaml.safe_load((compose.SWEEPS.parent / "paper" / "experiments.yaml").read_text())
RECIPES, BITS = EXPERIMENTS["imagenet_recipes"], EXPERIMENTS["communication_model"]


def yaml_of(sweep: str) -> dict:
    """Read a sweep's yaml without Hydra."""
    return yaml.safe_load((compose.SWEEPS / "sweep" / f"{sweep}.yaml").read_text())


WRITTEN = {(sweep, arm) for sweep in SWEEPS for arm in designs.arms(yaml_of(sweep))}


OWN_SCALE = {  # {sweep: the scale that it names for itself}
    sweep: content["scale"] for sweep in SWEEPS if "scale" in (content := yaml_of(sweep))
}


def of_the_papers() -> set[str]:
    """The arms of the papers' figures; sweeps may have others, ours or yours."""
    return {
        arm
        for name in NAMES
        if PUBLISHED.fullmatch(name)
        for arm in names.arms_read(names.module(name))
    }


def data_of(sweep: str) -> str:
    """The workload of a sweep, a file of sweeps/workload/."""
    return yaml_of(sweep)["defaults"][0]["/workload"]


@contextlib.contextmanager
def hydra_initialized():
    """Set Hydra up to compose sweeps."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(compose.SWEEPS), version_base="1.3"):
        yield


@pytest.fixture
def composing():
    """Set Hydra up for one test, because the command line clears it at its end."""
    with hydra_initialized():
        yield


@functools.cache  # it takes seconds; no test changes a Run of another's
def arms(scale):
    """{(sweep, arm): Run} of all sweeps that the scale has data for; requires `composing`."""
    sweeps = ",".join(compose.names_at(scale))
    return {
        (j.run.sweep, j.run.arm): j.run
        for j in jobs.jobs([f"sweep={sweeps}", f"scale={scale}", "seed=1"])
    }


@pytest.fixture(scope="module")
def paper():
    """{arm: Run} with the published settings."""
    with hydra_initialized():
        return {arm: run for (_, arm), run in arms("paper").items()}
