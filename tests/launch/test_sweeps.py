"""Every sweep, arm and scale composes; at laptop scale each arm trains; smaller scales keep the ratios."""

import csv
import json
from dataclasses import replace

import pytest
import yaml
from arms import OWN_SCALE, SCALES, WRITTEN, arms, data_of
from small import trained

import workloads
from codist import run_folder
from codist.check import check
from figures.evidence import names
from figures.evidence.names import NAMES
from launch import compose, settings

pytestmark = pytest.mark.usefixtures("composing")


@pytest.mark.parametrize("scale", SCALES)
def test_every_arm_composes_at_every_scale_that_has_its_data(scale):
    found = arms(scale)
    on_all = {
        "laptop",
        "gpu",
        "paper",
    }  # the others replace ImageNet; views are equal at all scales
    wanted = {(sweep, arm) for sweep, arm in WRITTEN
              if scale in on_all or data_of(sweep) in ("imagenet", "views")}  # fmt: skip
    if scale in OWN_SCALE.values():  # views have data at every scale
        wanted = {(sweep, arm) for sweep, arm in WRITTEN if data_of(sweep) == "views"}
    assert set(found) == {of for of in wanted if of[0] not in OWN_SCALE} | {
        (sweep, arm) for sweep, arm in WRITTEN if OWN_SCALE.get(sweep) == scale
    }
    for run in found.values():
        check(run)
        assert run.scale == scale


def test_the_settings_that_figures_read_are_those_that_the_sweeps_make():
    """paper/settings.csv is up to date; make settings writes it."""
    with open(compose.SWEEPS.parent / "paper" / "settings.csv", newline="") as lines:
        head, *written = csv.reader(lines)
    composed = [run for scale in SCALES for run in arms(scale).values()]
    assert tuple(head) == settings.HEAD
    assert sorted(written) == sorted(settings.lines(composed))


def test_arm_names_are_unique_over_the_sweeps():
    names = [arm for _, arm in arms("laptop")]
    assert len(names) == len(set(names))


def test_a_figure_reads_the_very_arms_that_its_sweep_trains():
    for name in NAMES:
        found = names.reads(names.module(name))
        scale = [f"scale={OWN_SCALE[name]}"] if name in OWN_SCALE else []
        assert [(sweep, arm) for sweep in found for arm in found[sweep]] == compose.arms_of(
            [name], None, scale
        ), name


def without_numbers(option, n: int):
    """An option, or all, with 1 for every number but 0 and n."""
    if isinstance(option, dict):
        return {name: without_numbers(one, n) for name, one in option.items()}
    if isinstance(option, list):
        return [without_numbers(one, n) for one in option]
    number = isinstance(option, int | float) and not isinstance(option, bool)
    return 1 if number and option not in (0, n) else option


def path_of(run) -> str:
    """What decides which code `run` takes: arms that differ in a rate or a length take the same.

    The form of a schedule decides only its values, which test_schedules.py compares.
    """
    other = {"sweep": "", "arm": "", "place": None, "lr": None, "weight_decay": None}
    return json.dumps(without_numbers(run.to_dict() | other, run.n))


def test_every_kind_of_arm_trains_two_updates_and_every_config_comes_back(tmp_path):
    smallest = {(sweep, arm): run for (sweep, arm), run in arms("glyphs").items() if "8_b64" in arm}
    for run in arms("laptop").values():  # what config.yaml gives back
        assert run_folder.of_options(yaml.safe_dump(run.to_dict())) == run.to_dict()
    kinds = {path_of(run): (of, run) for of, run in (arms("laptop") | smallest).items()}
    for (sweep, arm), run in kinds.values():
        if run.exchange.starts() or run.exchange.apart:
            continue  # test_mutual.py, test_starts.py and test_failing.py train those
        # which test_begin.py tries
        folder, run = (tmp_path / sweep / arm, replace(run, begin_from=""))
        assert trained(folder, run, stop_after=2)["update"] == 2
        assert run_folder.config(folder) == run.to_dict()  # yaml gives back what it was given


def test_a_plan_counts_the_weights_that_a_network_has():
    for run in {repr(run.workload): run for run in arms("laptop").values()}.values():
        opened = workloads.open(run.workload, run.place.data)
        for i in range(run.n):
            assert sum(
                p.numel() for p in opened.network(i).parameters()
            ) == run.workload.parameters(i), run.workload


def test_the_settings_of_ours_when_differ_in_what_their_names_say():
    found = {arm: run for (sweep, arm), run in arms("glyphs").items() if sweep == "ours_when"}
    for arm, run in found.items():
        _, k, training, noise, method = arm.split("_", 4)
        alone = method == "all_reduce"
        batch = 256 if training == "b256" else 64
        assert (run.workload.fraction, run.batch) == (int(k), batch * (2 if alone else 1)), arm
        assert run.updates == pytest.approx(2700 if training == "long" else 675, abs=1), arm
        variance = run.workload.fixed_noise**2 + run.workload.fresh_noise**2
        assert variance == pytest.approx(0.52, abs=1e-4), arm
        memorizable = run.workload.fixed_noise**2 / variance
        assert memorizable == pytest.approx({"fresh": 0, "mixed": 0.36 / 0.52, "fixed": 1}[noise])
        assert (run.n, run.exchange.kind) == {
            "all_reduce": (1, "none"), "codist": (2, "predictions"), "independent": (2, "none")
        }[method]  # fmt: skip
        assert [at / run.epochs for at in run.lr.at] == pytest.approx(
            [1 / 3, 2 / 3, 8 / 9] if alone else [18 / 45, 38 / 45, 44 / 45], abs=1e-4
        )
        assert len(run.ends) in ((24, 25) if alone else (12, 13)), (arm, len(run.ends))
    assert len(found) == 84


TOLD_OTHERWISE = {
    "translation",
    "iwslt",
    "clicks",
    "language",
}  # learning rates of networks of another width


@pytest.mark.parametrize("scale", sorted({*SCALES} - {"paper"}))
def test_a_smaller_scale_keeps_the_ratios_between_arms(paper, scale):
    for (sweep, name), small in arms(scale).items():
        if sweep in OWN_SCALE:
            continue
        large, by = paper[name], small.scaling
        assert (large.batch / small.batch, large.epochs / small.epochs) == (
            by.batch,
            pytest.approx(by.epochs),
        )
        assert [at * by.epochs for at in small.lr.at] == pytest.approx(large.lr.at, abs=1e-4)
        assert small.weight_decay.start == pytest.approx(by.weight_decay * large.weight_decay.start)
        assert small.exchange == large.exchange.scaled(by)
        if small.exchange.kind == "checkpoints":
            assert large.exchange.period / small.exchange.period == by.period
        assert (small.n, small.exchange.kind, small.sampling) == (
            large.n,
            large.exchange.kind,
            large.sampling,
        )
        assert (
            small.lr.start == by.lr * large.lr.start
            or sweep == "large_batch"
            or data_of(sweep) in TOLD_OTHERWISE
        )
        assert small.servers == large.servers or large.batch != 256


@pytest.mark.parametrize("scale", ["laptop", "gpu"])
def test_all_arms_on_one_data_set_are_scaled_alike(scale):
    found = {}
    for (sweep, _), run in arms(scale).items():
        found.setdefault(data_of(sweep), []).append(run.scaling)
    assert found.keys() >= {"imagenet", "cifar", "imagenet_large"}
    assert all(scaling == scalings[0] for scalings in found.values() for scaling in scalings)


def test_glyphs_see_as_many_classes_and_batches_as_imagenet(paper):
    for (sweep, name), glyphs in arms("gpu").items():
        if data_of(sweep) == "imagenet":
            assert (glyphs.workload.classes, glyphs.device_batch) == (1000, 32)
            assert (glyphs.batch, glyphs.epochs) == (paper[name].batch, paper[name].epochs)
