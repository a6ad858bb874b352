"""Every sweep, arm and scale composes; at laptop scale each arm trains; smaller scales keep the ratios."""

import csv
from dataclasses import replace

import pytest
from arms import SCALES, WRITTEN, arms, data_of
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
    assert set(found) == {(sweep, arm) for sweep, arm in WRITTEN
                          if scale in on_all or data_of(sweep) in ("imagenet", "views")}  # fmt: skip
    for run in found.values():
        check(run)
        assert run.scale == scale


def test_the_settings_that_figures_read_are_those_that_the_sweeps_make():
    """paper/settings.csv; make settings writes it anew."""
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
        assert [(sweep, arm) for sweep in found for arm in found[sweep]] == compose.arms_of(
            [name], None, []
        ), name


def test_every_arm_trains_three_updates(tmp_path):
    for (sweep, arm), run in arms("laptop").items():
        # which test_begin.py tries
        folder, run = (tmp_path / sweep / arm, replace(run, begin_from=""))
        assert trained(folder, run, stop_after=3)["update"] == 3
        assert run_folder.config(folder) == run.to_dict()  # yaml gives back what it was given


def test_a_plan_counts_the_weights_that_a_network_has():
    for run in {repr(run.workload): run for run in arms("laptop").values()}.values():
        opened = workloads.open(run.workload, run.place.data)
        for i in range(run.n):
            assert sum(
                p.numel() for p in opened.network(i).parameters()
            ) == run.workload.parameters(i), run.workload


TOLD_OTHERWISE = {"translation", "iwslt"}  # learning rates of networks of another width


@pytest.mark.parametrize("scale", sorted({*SCALES} - {"paper"}))
def test_a_smaller_scale_keeps_the_ratios_between_arms(paper, scale):
    for (sweep, name), small in arms(scale).items():
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
