"""Every sweep, arm and scale composes; at laptop scale each arm trains; at paper scale the numbers are the papers'."""

from itertools import pairwise

import pytest
import yaml
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from small import trained

from codist import runlog
from codist.check import check
from launch import compose, jobs

SWEEPS = compose.names()
SCALES = sorted(path.stem for path in (compose.SWEEPS / "scale").glob("*.yaml"))
EXPERIMENTS = yaml.safe_load((compose.SWEEPS.parent / "paper" / "experiments.yaml").read_text())
RECIPES, BITS = EXPERIMENTS["imagenet_recipes"], EXPERIMENTS["communication_model"]


@pytest.fixture(scope="module", autouse=True)
def hydra():
    GlobalHydra.instance().clear()
    with initialize_config_dir(str(compose.SWEEPS), version_base="1.3"):
        yield


def arms(scale):
    return {
        (j.run.sweep, j.run.arm): j.run for j in jobs.jobs(["sweep=" + ",".join(SWEEPS), f"scale={scale}", "seed=1"])
    }


@pytest.fixture(scope="module")
def paper(hydra):
    return {arm: run for (_, arm), run in arms("paper").items()}


@pytest.mark.parametrize("scale", SCALES)
def test_every_arm_composes_at_every_scale(scale):
    found = arms(scale)
    assert len(found) == 21
    for run in found.values():
        check(run)
        assert run.scale == scale


def test_arm_names_are_unique_over_the_sweeps():
    names = [arm for _, arm in arms("laptop")]
    assert len(names) == len(set(names))


def test_every_arm_trains_three_updates(tmp_path):
    for (sweep, arm), run in arms("laptop").items():
        folder = tmp_path / sweep / arm
        assert trained(folder, run, stop_after=3)["update"] == 3
        assert runlog.config(folder) == run.to_dict()  # yaml gives back what it was given


@pytest.mark.parametrize(
    ("scale", "batch", "epochs", "decay", "period"), [("laptop", 8, 3, 100, 25), ("gpu", 1, 1, 40, 25)]
)
def test_a_smaller_scale_keeps_the_ratios_between_arms(paper, scale, batch, epochs, decay, period):
    for (_, name), small in arms(scale).items():
        large = paper[name]
        assert large.batch / small.batch == batch
        assert large.epochs / small.epochs == epochs
        assert small.lr.start == large.lr.start
        assert [at * epochs for at in small.lr.at] == pytest.approx(large.lr.at, abs=1e-5)
        assert small.weight_decay.start == pytest.approx(decay * large.weight_decay.start)
        by = period if small.exchange.kind == "checkpoints" else 1
        assert large.exchange.period / small.exchange.period == by
        assert (small.n, small.exchange.kind, small.sampling) == (large.n, large.exchange.kind, large.sampling)
        assert small.servers == large.servers or large.batch < 256


def test_glyphs_see_as_many_classes_and_batches_as_imagenet(paper):
    for (_, name), glyphs in arms("gpu").items():
        assert (glyphs.workload.classes, glyphs.device_batch) == (1000, 32)
        assert (glyphs.batch, glyphs.epochs) == (paper[name].batch, paper[name].epochs)


# ---- scale=paper against paper/experiments.yaml


def test_updates_are_the_published_ones(paper):
    assert paper["all_reduce"].updates == BITS["derived_by_us"]["imagenet_updates_90ep_bs512"] == 225205
    assert paper["codist_fixed"].updates == BITS["derived_by_us"]["imagenet_updates_45ep_bs256"]


def test_all_reduce_is_goyals(paper):
    ours, theirs = paper["all_reduce"], RECIPES["all_reduce_stepwise"]
    assert (ours.batch, ours.devices, ours.device_batch) == (theirs["bs_total"], theirs["gpus"], theirs["per_gpu"])
    assert (ours.epochs, ours.lr.at, ours.lr.warmup) == (
        theirs["epochs"],
        theirs["milestones_epoch"],
        theirs["warmup_epochs"],
    )
    assert (ours.lr.warmup_from, ours.lr.start, ours.lr.factor) == (theirs["lr_start"], 0.2, theirs["decay_factor"])
    assert (ours.weight_decay.start, ours.weight_decay.at) == (float(theirs["l2"]), [])


@pytest.mark.parametrize(
    ("arm", "recipe"), [("codist_fixed", "codist_fixed_wd"), ("codist_decayed", "codist_shifted_decay_wd")]
)
def test_codistillation_is_the_papers(paper, arm, recipe):
    ours, theirs = paper[arm], RECIPES[recipe]
    assert (ours.n, ours.batch, ours.epochs) == (theirs["n"], theirs["bs_per_model"], theirs["epochs"])
    assert ours.n * ours.devices == theirs["gpus"] == 16
    assert ours.lr.at == theirs["milestones_epoch"]
    if "l2_steps" in theirs:
        decay = ours.weight_decay
        assert [decay.start, *decay.values] == list(map(float, theirs["l2_steps"]))
        assert decay.at == ours.lr.at[:2]  # "first and second LR decay"


def test_independent_controls_differ_in_the_exchange_alone(paper):
    for name in ("fixed", "decayed"):
        codist, alone = paper[f"codist_{name}"].to_dict(), paper[f"independent_{name}"].to_dict()
        assert {line.split(":")[0] for line in runlog.difference(codist, alone)} == {
            "arm",
            "exchange.kind",
            "alpha.start",
        }


def test_each_doubling_of_the_batch_doubles_the_learning_rate_and_halves_the_updates(paper):
    chain = [paper[name] for name in ("batch_128", "codist_decayed", "batch_512", "batch_1024", "batch_2048")]
    for one, two in pairwise(chain):
        assert (two.batch, two.lr.start) == (2 * one.batch, pytest.approx(2 * one.lr.start))
        assert abs(one.updates - 2 * two.updates) <= 1
    assert [run.batch for run in chain] == next(
        e for e in EXPERIMENTS["experiments"] if e["id"] == "table1"
    )["arms"][0]["bs_per_model"]  # fmt: skip


def test_bits_per_update_are_the_formulas(paper):
    """v2 §3. The paper rounds ResNet50's 25.557 M x 32 bits to 8e8."""

    def per_update(arm):
        return paper[arm].sent_bits(paper[arm].updates) / paper[arm].updates

    b_model = 32 * paper["all_reduce"].workload.parameters(0)
    assert b_model == pytest.approx(float(BITS["b_model_bits_resnet50"]), rel=0.03)
    assert per_update("all_reduce") == 2 * b_model
    assert per_update("codist_decayed") == float(BITS["derived_by_us"]["predictions"]["T1"]) == 1.024e6
    for T in (5, 10, 100):
        assert per_update(f"predictions_{T}") == pytest.approx(
            float(BITS["derived_by_us"]["predictions"][f"T{T}"]), rel=1e-3
        )
    for T in (625, 1250, 2500, 5000):
        assert per_update(f"checkpoints_{T}") == pytest.approx(b_model / T, rel=0.03)
        assert paper[f"checkpoints_{T}"].exchange.period == T
    assert per_update("independent_decayed") == 0
