"""Claims: what three seeds can decide, by pencil."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import fabricate
import numpy as np
import pytest
from arms import arms as composed

from figures.evidence import join, names, results
from figures.evidence.claim import VERDICTS, Claim
from figures.evidence.claim_table import every, row
from figures.evidence.interval import half, paired, ranked, welch
from figures.evidence.margin import Evidence, above, below, finals, near, near_times, times

A, B = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 2.0])


def test_the_interval_of_one_mean_is_students_t():
    # sd 1, standard error 1/sqrt(3), t at two degrees of freedom 4.30265
    assert half(A) == pytest.approx(4.302653 / 3**0.5, rel=1e-6)


def test_the_interval_of_a_gap_is_welchs():
    # equal variances 1/3 + 1/3: four degrees of freedom, t = 2.776445
    assert welch(A, B) == pytest.approx((1.0, 2.776445 * (2 / 3) ** 0.5, 4.0), rel=1e-6)
    # one side without variance: the degrees of freedom of the other, two
    assert welch(A, np.zeros(3)) == pytest.approx((2.0, 4.302653 / 3**0.5, 2.0), rel=1e-6)


def test_the_interval_of_pairs_is_students_t_of_their_differences():
    # differences 1, 2, 3: mean 2, standard error 1/sqrt(3), t at two degrees of freedom 4.30265
    a, b = np.array([11.0, 22.0, 33.0]), np.array([10.0, 20.0, 30.0])
    assert paired(a, b) == pytest.approx((2.0, 4.302653 / 3**0.5, 2.0), rel=1e-6)
    assert above(a, b, how="paired").verdict == "undecided"  # 2 - 2.48 is below 0
    assert above(a, b, by=-0.5, how="paired").verdict == "holds"
    assert paired(a + 1, a) == (1.0, 0.0, np.inf)
    with pytest.raises(ValueError, match="expected pairs, got 3 and 2 seeds"):
        paired(a, b[:2])


def test_the_interval_of_ranks_goes_from_difference_to_difference():
    # of 11 ... 15 and 1 ... 5: at the median gap of 10 a seed of either is above 0.5, 1.5, ... 4.5 of
    # the other five: a variance of 0.1, a standard error of sqrt(0.1/5 + 0.1/5) * 25 pairs = 5; with
    # t at eight degrees of freedom 25/2 - 1/2 - 2.306 * 5 = 0.47, so no difference is cut off
    a, b = np.arange(11.0, 16), np.arange(1.0, 6)
    ranks = ranked(a, b)
    assert (ranks.estimate, ranks.interval()) == (10.0, (6.0, 14.0))
    assert (ranks.error, ranks.freedom) == pytest.approx((5.0, 8.0))
    # of 12 and 12 alike: a variance of 13/144, an error of 17.7 pairs, t at 22 degrees 2.074; of
    # 144/2 - 1/2 - 2.074 * 17.7 = 34.9 the 35th smallest: -11, -10 twice, ... -4 from the 29th on
    assert ranked(np.arange(12.0), np.arange(12.0)).interval() == (-4.0, 4.0)


def test_one_wild_seed_moves_ranks_little_and_too_few_seeds_give_none():
    a, b = np.arange(8.0, 20), np.arange(0.0, 12)
    wild = np.where(a == a.min(), -1000.0, a)
    assert above(a, b, how="ranked").verdict == above(wild, b, how="ranked").verdict == "holds"
    assert above(wild, b).verdict == "undecided"
    few = above(a[:4], b[:4], how="ranked")
    assert (few.verdict, str(few)) == (
        "undecided",
        "+8 [no bounds: too few seeds for ranks], margin > 0",
    )
    assert near_times(a[:4], b[:4] + 1, by=0.1, how="ranked").verdict == "undecided"
    assert above(np.array([1.0, np.nan]), b[:2], how="ranked").verdict == "undecided"


def test_ranks_are_corrected_for_many_claims_from_the_differences_themselves():
    gap = above(np.arange(3.0, 15), np.arange(0.0, 12), how="ranked")
    alone, many = gap.among(1), gap.among(100)
    assert (alone.low, alone.high) == (gap.low, gap.high) == (-1.0, 7.0)
    assert many.low < gap.low and many.high > gap.high and many.gap == gap.gap == 3.0


def test_equal_means_have_a_gap_of_nothing():
    a, b = np.array([0.1, 0.2, 0.3]), np.array([0.15, 0.2, 0.25])
    assert a.mean() - b.mean() != 0 and str(above(a, b)).startswith("0 [−")


def test_seeds_that_agree_to_the_bit_have_an_interval_of_no_width():
    assert welch(np.full(3, 8.0), np.full(3, 2.0)) == (6.0, 0.0, np.inf)
    assert times(np.full(3, 8e6), np.full(3, 8e3), by=999).verdict == "holds"
    assert times(np.full(3, 8e6), np.full(3, 8e3), by=1001).verdict == "fails"
    assert above(A * 0 + 1, A * 0 + 1).verdict == "fails"  # equal is not above


def test_numbers_are_shown_with_as_many_digits_as_their_word_wants():
    """1.0968 is below 1.1, and would be 1.10 in three digits."""
    evidence = Evidence(1.2, 1.0968, 1.31, highest=1.1, ratio=True)
    assert (evidence.verdict, str(evidence)) == ("undecided", "×1.2 [×1.097, ×1.31], margin < ×1.1")
    assert (
        str(Evidence(248.4, 247.9, 248.9, lowest=1000, ratio=True))
        == "×248 [×248, ×249], margin > ×1000"
    )
    assert (
        str(Evidence(-1.16, -2.97, 0.657, lowest=-1, highest=1))
        == "−1.16 [−2.97, +0.657], margin −1 … +1"
    )


def test_a_claim_holds_only_with_its_whole_interval():  # the gap is 1 with interval [-1.27, 3.27]
    assert [above(A, B, by).verdict for by in (-2.0, 0.0, 4.0)] == ["holds", "undecided", "fails"]
    assert [below(B, A, by).verdict for by in (-2.0, 0.0, 4.0)] == ["holds", "undecided", "fails"]
    assert [near(A, B, by).verdict for by in (4.0, 1.0)] == ["holds", "undecided"]
    assert near(A + 10, B, by=1.0).verdict == near(B, A + 10, by=1.0).verdict == "fails"


def test_a_ratio_is_one_of_geometric_means():
    found = times(np.array([1.0, 4.0, 16.0]), np.array([1.0, 1.0, 1.0]), by=1)
    assert found.gap == pytest.approx(4.0)
    assert found.high == pytest.approx(4 * np.exp(4.302653 * np.log(4) / 3**0.5), rel=1e-5)
    assert near_times(np.array([1.05] * 3), np.ones(3), by=0.1).verdict == "holds"
    assert near_times(np.array([0.85] * 3), np.ones(3), by=0.1).verdict == "fails"
    assert times(np.zeros(3), np.ones(3), by=1).verdict == "undecided"  # no ratio to nothing sent


CLAIM = Claim("fig0.above", "ours", "a is above b", "here", finals(above, "valid_top1"), ("a", "b"))


def arms_of(root: Path, a: list[float], b: list[float], **of_b) -> dict:
    for arm, values, more in (("a", a, {}), ("b", b, of_b)):
        for seed, value in enumerate(values, start=1):
            fabricate.run(
                root, arm, seed, [{"valid_top1": [10.0, value]}], **(more if seed == 1 else {})
            )
    return results.read("laptop", ["regularization"], [root])


def test_a_verdict_says_gap_interval_seeds_and_scale(tmp_path):
    verdict = CLAIM.verdict(arms_of(tmp_path, [11.0, 12.0, 13.0], [0.0, 1.0, 2.0]))
    assert (verdict.verdict, verdict.n, verdict.scale) == ("holds", (3, 3), "laptop")
    assert str(verdict.evidence) == "+11 [+8.73, +13.3] points, margin > 0"


def test_one_seed_leaves_it_undecided(tmp_path):
    verdict = CLAIM.verdict(arms_of(tmp_path, [99.0], [1.0]))
    assert (verdict.verdict, verdict.why) == ("undecided", "one seed has no interval")
    assert CLAIM.verdict(arms_of(tmp_path / "two", [99.0, 99.1], [1.0])).verdict == "undecided"


@pytest.mark.parametrize("lost", ["reduced/reduced_8_all_reduce", "architectures/mixed_3"])
def test_what_is_compared_seed_by_seed_is_of_the_same_seeds(tmp_path, lost):
    """A sweep half done, or a seed more of one arm: others are left out, none is set against another."""
    from figures.ours import diagnostics as ours_diagnostics
    from figures.v2 import fig16

    fabricate.everything(tmp_path, seeds=(1, 2, 3, 4))
    shutil.rmtree(tmp_path / "laptop" / lost / "2")
    arms = results.read(
        "laptop", sorted({sweep for sweep, *_ in fabricate.ARMS.values()}), [tmp_path]
    )
    for claim in (fig16.CLAIMS[0], ours_diagnostics.CLAIMS[1]):
        without = {name: arm.of_seeds({1, 3, 4}) for name, arm in arms.items()}
        if lost.split("/")[1] in claim.needs[:2]:
            few = {name: without[name] if name in claim.needs[:2] else arms[name] for name in arms}
            assert claim.verdict(arms).evidence == claim.verdict(few).evidence


def test_chance_in_the_control_is_not_taken_for_what_a_peer_gave(monkeypatch):
    """Nobody learns from anybody here: a gain and its peer set against one control would lean together."""
    from figures.ours import diagnostics as ours_diagnostics

    drawn = np.random.default_rng(1).normal(0, 3, (3, 200, 500))  # three models, seeds, classes
    alone = np.random.default_rng(2).normal(0, 3, (2, 200, 500))
    monkeypatch.setattr(ours_diagnostics, "together", lambda *arms: arms)
    of = [SimpleNamespace(of_class=models.__getitem__) for models in (drawn, alone)]
    assert abs(ours_diagnostics.slope(*of).gap) < 0.02
    assert above(*slopes_on_one_control(drawn, alone)).verdict == "holds"  # as it was first written


def slopes_on_one_control(drawn, alone):
    peers, gains = (drawn[model] - alone.mean(axis=0) for model in (1, 0))
    return (peers * gains).sum(axis=1) / (peers**2).sum(axis=1), np.zeros(len(peers))


def test_a_paired_claim_compares_the_seeds_that_both_arms_have(tmp_path):
    claim = Claim(
        "fig0.pairs", "ours", "a > b", "ours", finals(above, "valid_top1", paired=True), ("a", "b")
    )
    arms = arms_of(tmp_path, [11.0, 22.0, 33.0, 99.0], [10.0, 20.0, 30.0])
    verdict = claim.verdict(arms)
    assert (verdict.n, verdict.evidence.gap) == ((3, 3), 2.0)
    one = claim.verdict(arms | {"b": arms["b"].of_seeds({2})})
    assert (one.verdict, one.why) == ("undecided", "one seed has no interval")


# what arms must share, so that a seed gives them the same initial weights and mini-batches
SHARED = ("batch", "device_batch", "epochs", "sampling", "begin_from")


@pytest.mark.usefixtures("composing")
def test_paired_are_only_losses_of_arms_that_share_mini_batches():
    settings = {arm: run.to_dict() for (_, arm), run in composed("laptop").items()}
    claims = [claim for claim in every() if claim.paired]
    assert len(claims) > 20
    for claim in claims:
        assert re.match(r"train_loss|train_nll|valid_loss", claim.test.keywords["y"]), claim.id
        configs = [settings[name] for name in claim.needs]
        data = [{**config["workload"], "networks": 0} for config in configs]
        shared = [[config[name] for name in SHARED] for config in configs]
        assert all(one == data[0] for one in data) and all(one == shared[0] for one in shared)
        if configs[0]["sampling"] != "same":  # model i's mini-batches, of as many models
            assert len({config["n"] for config in configs}) == 1, claim.id


def test_an_earlier_row_is_never_one_after_its_time(tmp_path):
    from figures.anil import fig3 as anil_fig3

    for arm, ends in (("codist_16384", [60.0, 70.0, 80.0, 90.0]), ("sync_16384", [75.0] * 4)):
        for seed in (1, 2, 3):
            fabricate.run(tmp_path, arm, seed, [{"valid_top1": ends}], sweep="large_batch")
    verdict = anil_fig3.CLAIMS[1].verdict(results.read("laptop", ["large_batch"], [tmp_path]))
    # rows at 1/4, 1/2, 3/4 and 1 of the steps: 5250/7250 is before 3/4
    assert verdict.evidence.gap == 70.0 - 75.0


def test_numbers_of_live_runs_enter_only_a_claim_that_says_so(tmp_path):
    arms = arms_of(tmp_path, [11.0, 12.0, 13.0], [0.0, 1.0, 2.0])
    assert CLAIM.verdict(arms).verdict == "holds"
    arms["b"].done[2]["live"] = True  # as an exchange through files has it in done.json
    verdict = CLAIM.verdict(arms)
    assert (verdict.verdict, verdict.evidence) == ("undecided", None)
    assert verdict.why == "b: live runs, which a repetition does not give again"
    live = replace(CLAIM, live=True)
    assert live.verdict(arms).verdict == "holds"
    module = SimpleNamespace(CLAIMS=[live])
    (judged,) = join.judge({"fig0": module}, arms).values()
    assert judged.says == "a is above b (live runs)." and row(live)[-1] == judged.says


def test_an_arm_that_is_not_there_is_not_run(tmp_path):
    verdict = CLAIM.verdict(arms_of(tmp_path, [1.0, 2.0, 3.0], []))
    assert (verdict.verdict, verdict.why) == ("not run", "needs b")


def test_a_diverged_seed_is_never_left_out_of_a_verdict(tmp_path):
    verdict = CLAIM.verdict(
        arms_of(tmp_path, [91.0, 92.0, 93.0], [1.0, 1.1, 1.2], outcome="diverged")
    )
    assert (verdict.verdict, verdict.why) == ("undecided", "b: 1 of 3 diverged")


def test_a_number_that_is_not_finite_decides_nothing(tmp_path):
    assert (
        CLAIM.verdict(arms_of(tmp_path, [91.0, 92.0, float("nan")], [1.0, 1.1, 1.2])).verdict
        == "undecided"
    )


COUNTS = {"1": "one|alone", "2": "two|2", "4": "four|4", "8": "eight|8"}
# sweeps whose arms have their number of models in their name
COUNTED = ("views", "multiview", "iwslt", "nway")


def test_a_sentence_names_the_number_of_models_of_each_arm_that_it_compares():
    from figures.evidence.names import arms_of, load

    named = {arm: re.search(r"_([1248])(_|$)", arm) for sweep in COUNTED for arm in arms_of(sweep)}
    counted = {arm: found[1] for arm, found in named.items() if found}
    claims = [claim for module in load().values() for claim in module.CLAIMS]
    assert sum(bool(counted.keys() & {*claim.needs}) for claim in claims) > 20
    for claim in claims:
        for arm in counted.keys() & {*claim.needs}:
            assert re.search(rf"\b({COUNTS[counted[arm]]})\b", claim.says, re.IGNORECASE), (
                f"{claim.says} ({arm})"
            )


@pytest.mark.parametrize("made", ["everything", "some", "one seed", "nothing"])
def test_every_claim_of_every_figure_has_one_of_four_verdicts(tmp_path, made):

    from figures.evidence.names import NAMES

    if made != "nothing":
        without = ("all_reduce", "batch_512") if made == "some" else ()
        fabricate.everything(
            tmp_path, without=without, seeds=(1,) if made == "one seed" else (1, 2, 3)
        )
    arms = results.read(
        "laptop", sorted({sweep for sweep, *_ in fabricate.ARMS.values()}), [tmp_path]
    )
    verdicts = set()
    for name in NAMES:
        module = names.module(name)
        assert module.CLAIMS
        for claim in module.CLAIMS:
            verdicts.add(claim.verdict(arms).verdict)
    assert verdicts <= set(VERDICTS)
    assert made != "nothing" or verdicts == {"not run"}
    assert made != "one seed" or verdicts == {"undecided"}


def test_a_gap_has_the_unit_of_its_metric_and_a_ratio_has_none():
    units = {claim.options.get("y"): claim.unit for claim in every()}
    assert (units["valid_top1"], units["valid_loss"], units["bleu"]) == ("points", "nats", "BLEU")
    assert units["distance"] == units[None] == ""
    seeds = {
        name: SimpleNamespace(name=name, scale="laptop", images=None, live=False, diverged=(),
                              seeds=(1, 2, 3), final=lambda _, values=values: values)
        for name, values in (("a", A), ("b", B + 10))
    }  # fmt: skip
    gap, ratio = (
        Claim("f.a", "ours", "", "", finals(test, "valid_top1", by=1.0), ("a", "b")).verdict(seeds)
        for test in (above, times)
    )
    assert gap.evidence.measured == "−9 [−11.3, −6.73] points"
    assert ratio.evidence.measured == ratio.evidence.numbers and "×" in ratio.evidence.measured
