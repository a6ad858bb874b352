"""At scale=paper every arm has the papers' numbers, as paper/experiments.yaml gives them."""

from itertools import pairwise

import pytest
from arms import BITS, EXPERIMENTS, RECIPES, arms, data_of, of_the_papers

from codist import run_identity
from figures.ours.bits import FORMULA, PARAMETERS, TOKENS, WORDS


def experiment(paper: str, name: str) -> dict:
    """What paper/experiments.yaml says of a figure."""
    return next(e for e in EXPERIMENTS["experiments"] if (e["paper"], e["id"]) == (paper, name))


FEWER = {
    "nway_4_half": 2,
    "nway_8_quarter": 4,
    "batch_128": 1 / 2,
    "batch_512": 2,
    "batch_1024": 4,
    "batch_2048": 8,
}


def test_updates_are_the_published_ones(paper):
    """All arms of the papers' figures make as many updates as 90 epochs of 512, or their question is what fewer do."""
    theirs = BITS["derived_by_us"]
    assert theirs["imagenet_updates_90ep_bs512"] == theirs["imagenet_updates_45ep_bs256"] == 225205
    for (sweep, name), run in arms("paper").items():
        if data_of(sweep) == "imagenet" and name in of_the_papers():
            # 1/k of 1,281,167 images is rounded down
            assert abs(run.updates - 225205 / FEWER.get(name, 1)) <= 8, name
    assert (
        paper["all_reduce"].updates
        == paper["codist_fixed"].updates
        == paper["nway_8"].updates
        == 225205
    )


def test_devices_are_the_published_ones(paper):
    """16 GPUs for two models of 256 (v2 Fig 2), and as many more as there are models or images more (C37)."""
    for (sweep, _), run in arms("paper").items():
        if data_of(sweep) == "imagenet":
            assert run.n * run.devices == run.n * run.batch // 32
    for name in (
        "all_reduce",
        "codist_decayed",
        "codist_cosine",
        "resnext_decayed",
        "checkpoints_2500",
        "mixed_2",
    ):
        assert (
            paper[name].n * paper[name].devices == experiment("v2", "fig1")["arms"][0]["gpus"] == 16
        )


def test_anils_steps_are_the_published_ones(paper):
    theirs = experiment("anil", "fig3")
    sync, codist = paper["sync_16384"], paper["codist_16384"]
    assert (
        sync.batch == codist.batch == theirs["arms"][0]["bs"] == theirs["arms"][1]["bs_per_model"]
    )
    assert sync.updates == codist.updates == theirs["reported"]["baseline"]["steps"] == 7250
    burn_in = theirs["hparams"]["burn_in_steps"]
    assert [codist.alpha(codist.epoch(k), codist.epochs) for k in (burn_in - 1, burn_in)] == [0, 1]


def test_the_reduced_data_keep_updates_and_stretch_every_schedule(paper):
    for k in (2, 4, 8):
        for kind, whole in (
            ("all_reduce", "all_reduce"),
            ("codist", "codist_decayed"),
            ("independent", "independent_decayed"),
        ):
            few, all_of = paper[f"reduced_{k}_{kind}"], paper[whole]
            assert few.workload.examples == 1281167 // k and few.epochs == k * all_of.epochs
            for name in ("lr", "weight_decay"):
                ours, theirs = getattr(few, name), getattr(all_of, name)
                assert ours.at == [k * at for at in theirs.at]
                assert (ours.start, ours.values, ours.warmup) == (
                    theirs.start,
                    theirs.values,
                    k * theirs.warmup,
                )


def test_the_networks_are_the_papers(paper):
    hetero, homo = (arm["models"] for arm in experiment("v2", "fig14")["arms"])
    of = {
        name: [model.lower() for model in models]
        for name, models in (("mixed_3", hetero), ("equal_3", homo))
    }
    for name, models in of.items():
        run = paper[name]
        ours = [
            run.workload.networks[i % len(run.workload.networks)].partition("_")[0]
            for i in range(run.n)
        ]
        assert sorted(ours) == sorted(models)
    assert paper["mixed_2"].workload.networks == ["resnet50", "resnext101_32x4d"]


def test_the_multi_view_probe_has_every_n_and_scenario_of_the_papers(paper):
    for arm in experiment("v2", "fig6")["arms"]:
        short = {
            "pretrained_frozen": "frozen",
            "pretrained_not_frozen": "trained",
            "random_init": "random",
        }[arm["name"]]
        for n in arm["n"]:
            run = paper[f"{short}_{n}"]
            peers = [] if run.exchange.kind == "none" else run.exchange.peers_of(run.n)[0]
            assert (run.n, len(peers) + 1) == (8, n)  # 8/n groups of n
            views = [run.workload.seen(i, run.workload.channels) for i in range(8)]
            of_a_group = {str(view) for view in views[:n]}
            assert len(of_a_group) == (1 if short == "random" else n)
            assert {view.stop - view.start for view in views} == {20}
            assert run.workload.freeze == (short == "frozen")
            assert run.begin_from == ("" if short == "random" else "whole")


def test_all_reduce_is_goyals(paper):
    ours, theirs = paper["all_reduce"], RECIPES["all_reduce_stepwise"]
    assert (ours.batch, ours.devices, ours.device_batch) == (
        theirs["bs_total"],
        theirs["gpus"],
        theirs["per_gpu"],
    )
    assert (ours.epochs, ours.lr.at, ours.lr.warmup) == (
        theirs["epochs"],
        theirs["milestones_epoch"],
        theirs["warmup_epochs"],
    )
    assert (ours.lr.warmup_from, ours.lr.start, ours.lr.factor) == (
        theirs["lr_start"],
        0.2,
        theirs["decay_factor"],
    )
    assert (ours.weight_decay.start, ours.weight_decay.at) == (float(theirs["l2"]), [])


@pytest.mark.parametrize(
    ("arm", "recipe"),
    [("codist_fixed", "codist_fixed_wd"), ("codist_decayed", "codist_shifted_decay_wd")],
)
def test_codistillation_is_the_papers(paper, arm, recipe):
    ours, theirs = paper[arm], RECIPES[recipe]
    assert (ours.n, ours.batch, ours.epochs) == (
        theirs["n"],
        theirs["bs_per_model"],
        theirs["epochs"],
    )
    assert ours.n * ours.devices == theirs["gpus"] == 16
    assert ours.lr.at == theirs["milestones_epoch"]
    if "l2_steps" in theirs:
        decay = ours.weight_decay
        assert [decay.start, *decay.values] == list(map(float, theirs["l2_steps"]))
        assert decay.at == ours.lr.at[:2]  # "first and second LR decay"


def test_independent_controls_differ_in_the_exchange_alone(paper):
    for name in ("fixed", "decayed"):
        codist, alone = paper[f"codist_{name}"].to_dict(), paper[f"independent_{name}"].to_dict()
        differ = {line.split(":")[0] for line in run_identity.difference(codist, alone)}
        # those of predictions, which the other lacks
        options = {key for key in differ if key.startswith("exchange.")}
        assert differ - options == {"arm", "alpha.start"} and "exchange.kind" in options


def test_each_doubling_of_the_batch_doubles_the_learning_rate_and_halves_the_updates(paper):
    chain = [
        paper[name]
        for name in ("batch_128", "codist_decayed", "batch_512", "batch_1024", "batch_2048")
    ]
    for one, two in pairwise(chain):
        assert (two.batch, two.lr.start) == (2 * one.batch, pytest.approx(2 * one.lr.start))
        assert abs(one.updates - 2 * two.updates) <= 1
    assert [run.batch for run in chain] == next(
        e for e in EXPERIMENTS["experiments"] if e["id"] == "table1"
    )["arms"][0]["bs_per_model"]


def test_bits_per_update_are_the_formulas(paper):
    """v2 §3. The paper rounds ResNet50's 25.557 M x 32 bits to 8e8."""

    def per_update(arm):
        return paper[arm].sent_bits(paper[arm].updates) / paper[arm].updates

    b_model = 32 * paper["all_reduce"].workload.parameters(0)
    assert b_model == pytest.approx(float(BITS["b_model_bits_resnet50"]), rel=0.03)
    assert per_update("all_reduce") == 2 * b_model
    assert (
        per_update("codist_decayed") == float(BITS["derived_by_us"]["predictions"]["T1"]) == 1.024e6
    )
    for T in (5, 10, 100):
        assert per_update(f"predictions_{T}") == pytest.approx(
            float(BITS["derived_by_us"]["predictions"][f"T{T}"]), rel=1e-3
        )
    for T in (625, 1250, 2500, 5000):
        assert per_update(f"checkpoints_{T}") == pytest.approx(b_model / T, rel=0.03)
        assert paper[f"checkpoints_{T}"].exchange.period == T
    assert per_update("independent_decayed") == 0


def test_what_a_vocabulary_costs_is_the_formula_of_the_runs(paper):
    """The lines of ours_bits, panel b."""
    run = paper["wmt_codist"]
    assert (run.workload.classes, run.device_batch, run.workload.parameters(0)) == (
        WORDS,
        TOKENS,
        PARAMETERS,
    )
    for name, arm in (
        ("all_reduce", "wmt_all_reduce"),
        ("whole logits", "wmt_codist"),
        ("half", "wmt_half"),
        ("1/8 of words", "wmt_positions_8"),
        ("top 64", "wmt_top64"),
        ("top 8", "wmt_top8"),
    ):
        assert FORMULA[name](2) == paper[arm].sent_bits(1), name
    checkpoints = paper["wmt_checkpoints_2500"].sent_bits(2500) / 2500
    assert FORMULA["checkpoints, T=2500"](2) == pytest.approx(checkpoints)
    # C36
    assert FORMULA["all_reduce"](2) / FORMULA["whole logits"](2) == pytest.approx(3.6, abs=0.1)
    assert FORMULA["whole logits"](8) / FORMULA["all_reduce"](8) == pytest.approx(2, abs=0.1)
