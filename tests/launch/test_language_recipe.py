"""The sweeps of the language model: at scale=paper they have Anil et al.'s numbers; elsewhere they shrink."""

from functools import cache

import pytest
from arms import EXPERIMENTS, hydra_initialized

from codist import run_identity
from figures.evidence.best_rate import RATE
from launch import jobs, settings
from launch.cost import of_models

DERIVED = EXPERIMENTS["global_setup"]["anil"]["language_model"]["derived_by_us"]
SWEEPS = "sweep=workers,language,staleness"


def experiment(name: str) -> dict:
    return next(e for e in EXPERIMENTS["experiments"] if (e["paper"], e["id"]) == ("anil", name))


@cache
def jobs_of(scale: str) -> list:
    with hydra_initialized():
        return jobs.jobs([SWEEPS, f"scale={scale}", "seed=1"])


def arms(scale: str) -> dict:
    return {job.run.arm: job.run for job in jobs_of(scale)}


@pytest.fixture(scope="module")
def of_paper() -> dict:
    """{arm: Run} with the published settings."""
    return arms("paper")


def single(arm: str, *changes: str):
    """A run of the sweep `language` at scale=paper with overrides."""
    with hydra_initialized():
        return jobs.single(["sweep=language", f"arm={arm}", "scale=paper", "seed=1", *changes]).run


def differ(one, other) -> set[str]:
    """The options in which two runs differ, without sweep, arm and the exchange's own."""
    lines = run_identity.difference(one.to_dict(), other.to_dict(), one.defaults())
    return {line.partition(":")[0].partition(".")[0] for line in lines} - {"sweep", "arm"}


def test_the_recipe_has_the_papers_numbers(of_paper):
    run, theirs = of_paper["lm_codist"], experiment("fig1a")["hparams"]
    assert run.device_batch == theirs["per_worker_batch"] and run.devices == 128
    assert run.workload.window == theirs["unroll_word_pieces"]
    assert run.batch == DERIVED["windows_a_step"]
    assert run.batch * run.workload.window == DERIVED["pieces_a_step"]
    assert run.workload.classes == DERIVED["vocabulary"]
    assert round(run.workload.parameters(0) / 1e6, 1) == DERIVED["parameters_millions"]
    assert run.updates == DERIVED["steps"] and len(run.ends) == 20
    seen = run.n * run.updates * run.batch * run.workload.window
    assert 100 * seen / DERIVED["word_pieces"] == pytest.approx(
        experiment("fig2b")["hparams"]["data_seen_pct"], abs=1e-3
    )
    assert (run.distance, run.sampling, run.optimizer.kind) == ("cross_entropy", "disjoint", "adam")


def test_figure_1_has_the_papers_workers_and_learning_rates(of_paper):
    theirs = experiment("fig1a")
    tried, found = theirs["hparams"]["lr_tried"], {}
    for arm, run in of_paper.items():
        if RATE in arm:
            found.setdefault(run.devices, set()).add(run.lr.start)
            assert arm == f"workers_{run.devices}{RATE}{run.lr.start}".replace(".", "")
            assert (run.n, run.updates, run.lr.kind) == (1, DERIVED["steps"], "steps")
            assert run.batch == run.devices * theirs["hparams"]["per_worker_batch"]
            assert len(run.ends) == 20
    assert sorted(found) == theirs["arms"][0]["workers"]
    batches = [workers * theirs["hparams"]["per_worker_batch"] for workers in sorted(found)]
    assert f"{batches[0]} to {batches[-1]}" == theirs["hparams"]["effective_batch"]
    extra = {256: {theirs["hparams"]["lr_extra_256"]}}
    assert found == {workers: {*tried} | extra.get(workers, set()) for workers in found}
    for workers, best in theirs["hparams"]["best_lr"].items():
        assert best == "unknown" or best in found[int(workers.removeprefix("w"))]


def test_figure_2_compares_what_its_arms_say(of_paper):
    """Every group has 128 workers; an arm and its control differ in what is asked, and in nothing else."""
    assert [run.n for run in of_paper.values() if run.sweep == "language"] == [2] * 9
    assert experiment("fig2b")["hparams"]["groups"] == "2x128"
    assert {run.devices for run in of_paper.values() if run.sweep == "language"} == {128}
    codist, alone = of_paper["lm_codist"], of_paper["lm_alone"]
    assert differ(codist, of_paper["lm_alone_halves"]) == {"exchange", "alpha"}
    assert differ(codist, of_paper["lm_codist_same"]) == {"sampling"}
    assert differ(alone, of_paper["lm_alone_halves"]) == {"sampling"}
    for target in ("uniform", "unigram"):
        smooth = of_paper[f"lm_smooth_{target}"]
        assert differ(alone, smooth) == {"exchange", "alpha"} and smooth.exchange.target == target
    short = of_paper["lm_codist_short"]
    assert differ(codist, short) == {"epochs", "alpha"}
    factor = int(experiment("fig2a")["reported"]["steps_to_baseline_best"][0])
    assert short.updates * factor == codist.updates
    assert short.alpha.until / short.epochs == codist.alpha.until / codist.epochs == 0.2
    assert alone.together == alone.n  # the paper's ensemble of two
    for arm in ("lm_codist_3", "lm_codist_late"):
        assert differ(codist, of_paper[arm]) == {"alpha"}


def test_figure_4_has_the_papers_reload_intervals_and_differs_in_nothing_else(of_paper):
    arms = [of_paper[name] for name in ("lm_codist", "lm_reload_100", "lm_reload_250")]
    theirs = experiment("fig4")
    assert [run.exchange.period for run in arms] == theirs["arms"][0]["reload_interval_steps"]
    assert arms[0].exchange.period * arms[0].batch == theirs["hparams"]["examples_at_50_steps"]
    assert differ(arms[0], arms[1]) == differ(arms[0], arms[2]) == {"exchange"}


def test_bits_of_an_update(of_paper):
    """Weights every 50 updates are cheap; logits of 4,096 pieces cost more than all_reduce."""
    b_model = 32 * of_paper["lm_codist"].workload.parameters(0)
    assert b_model == pytest.approx(DERIVED["b_model_bits"], rel=1e-3)
    for arm in ("workers_32_rate_01", "workers_256_rate_03", "lm_alone", "lm_smooth_uniform"):
        assert of_paper[arm].sent_bits(1) == 2 * b_model
    for arm in ("lm_codist", "lm_reload_100", "lm_reload_250"):
        run = of_paper[arm]
        assert run.sent_bits(500) - 500 * 2 * b_model == 500 / run.exchange.period * b_model
    sent = single("lm_codist_same", "exchange.kind=predictions", "exchange.period=1").sent_bits(1)
    assert sent - 2 * b_model == 32 * 128 * 32 * 24_006 > 2 * b_model


def test_smaller_scales_keep_the_arms():
    for scale, updates, batch in (("laptop", 1391, 64), ("gpu", 8014, 128)):
        found = arms(scale)
        run = found["lm_codist"]
        assert (run.updates, run.batch, run.devices) == (updates, batch, 1)
        periods = [found[name].exchange.period for name in ("lm_reload_100", "lm_reload_250")]
        assert [run.exchange.period, *periods] == [25, 50, 125]
        assert len(run.ends) in (20, 21)
        assert run.alpha(run.epoch(updates // 5 - 1), run.epochs) == 0
        assert run.alpha(run.epoch(updates // 5 + 2), run.epochs) == 1
        unit = dict(zip(settings.HEAD, next(iter(settings.lines([run]))), strict=True))["unit"]
        assert unit == "windows"


def test_smaller_scales_keep_the_ratios_of_workers_and_learning_rates(of_paper):
    for scale in ("laptop", "gpu"):
        grid = {arm: run for arm, run in arms(scale).items() if RATE in arm}
        ratios = {
            (of_paper[arm].batch / run.batch, round(run.lr.start / of_paper[arm].lr.start, 9))
            for arm, run in grid.items()
        }
        assert len(grid) == 13 and len(ratios) == 1
        assert len({run.updates for run in grid.values()}) == 1
        # a laptop has one device, however large the batch; at scale=gpu that of 32 workers fits one
        devices = {run.devices for run in grid.values()}
        assert devices == ({1} if scale == "laptop" else {1, 2, 4, 8})


def test_a_stale_copy_costs_a_third_of_an_update_after_the_burn_in():
    """Of 1,391 updates 279 are before epoch 0.4 of 2."""
    found = {job.run.arm: of_models(job)[0] for job in jobs_of("laptop")}
    heard = 1 - 279 / 1391
    assert found["lm_codist"] / found["lm_alone"] == pytest.approx(1 + heard / 3)


def test_the_laptops_recipe_has_the_default_options():
    run = arms("laptop")["lm_codist"]
    assert run.workload == type(run.workload)()
