"""Every arm of every sweep, composed: what tests of sweeps and of published numbers read."""

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from launch import compose, jobs

SWEEPS = compose.names()
ELSEWHERE = ("multiview", "large_batch", "views")  # sweeps that are not ImageNet by Goyal's recipe
SCALES = sorted(path.stem for path in (compose.SWEEPS / "scale").glob("*.yaml"))
EXPERIMENTS = yaml.safe_load((compose.SWEEPS.parent / "paper" / "experiments.yaml").read_text())
RECIPES, BITS = EXPERIMENTS["imagenet_recipes"], EXPERIMENTS["communication_model"]


@pytest.fixture(scope="module")
def composing():
    """Hydra, ready to compose sweeps."""
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(compose.SWEEPS), version_base="1.3"):
        yield


def arms(scale):
    """{(sweep, arm): Run} of all sweeps; wants `composing`."""
    return {
        (j.run.sweep, j.run.arm): j.run for j in jobs.jobs(["sweep=" + ",".join(SWEEPS), f"scale={scale}", "seed=1"])
    }


@pytest.fixture(scope="module")
def paper(composing):
    """{arm: Run} as published."""
    return {arm: run for (_, arm), run in arms("paper").items()}
