"""Anil et al.'s Table 1, mutual learning and two-phase distillation: the comparisons, by pencil."""

from itertools import combinations

import fabricate
import numpy as np
import pytest
from arms import EXPERIMENTS, arms, hydra_initialized
from matplotlib.figure import Figure

from codist import run_identity
from figures.anil import mutual, offline, table1
from figures.drawing import sheet, tables
from figures.evidence import names, results
from figures.evidence.claim import pick
from figures.evidence.interval import half_range
from figures.evidence.shown import arms_shown

FIGURES = {"anil_table1": table1, "anil_mutual": mutual, "anil_offline": offline}


def experiment(name: str) -> dict:
    return next(e for e in EXPERIMENTS["experiments"] if (e["paper"], e["id"]) == ("anil", name))


def read(root, figure):
    return results.read("laptop", list(names.reads(figure)), [root])


def verdict(figure, one: str, root):
    [claim] = pick(figure.CLAIMS, one)
    return claim.verdict(read(root, figure))


# ---- Table 1


@pytest.fixture
def clicks(tmp_path):
    """Two seeds. Churn of a DNN 0.04, of a pair 0.03, codistilled 0.03 and 0.015; four models a run."""
    for seed, more in ((1, 0.0), (2, 0.002)):
        for arm, loss, churn in (
            ("clicks_alone", 0.480, 0.04),
            ("clicks_codist", 0.4805, 0.03),
            ("clicks_codist_3", 0.484, 0.015),
        ):
            model = {
                "valid_loss": [0.6, loss + more],
                "churn": [0.2, churn],
                "together_loss": [0.5, loss + more - 0.001],
                "together_churn": [0.1, 0.75 * churn],
            }
            apart = [model | {"churn": [0.2, churn + by]} for by in (-0.01, 0.0, 0.0, 0.01)]
            fabricate.run(tmp_path, arm, seed, apart, sweep="churn")
    return tmp_path


@pytest.mark.parametrize(
    ("claim", "gap", "is_ratio"),
    [
        ("less_churn", 0.03 / 0.04, True),
        ("less_churn_3", 0.015 / 0.04, True),
        ("churn_as_ensemble", 0.03 / 0.03, True),
        ("churn_as_ensemble_3", 0.015 / 0.03, True),
        ("loss_no_worse", 0.0005, False),
        ("loss_no_worse_3", 0.004, False),
        ("ensemble_lower_loss", -0.001, False),
        ("ensemble_less_churn", 0.03 / 0.04, True),
    ],
)
def test_table_1_compares_the_means_of_four_models_and_of_two_pairs(clicks, claim, gap, is_ratio):
    evidence = verdict(table1, f"anil_table1.{claim}", clicks).evidence
    assert (evidence.gap, evidence.ratio) == (pytest.approx(gap), is_ratio)


def test_differences_of_log_losses_are_those_of_a_seed(clicks):
    """The two seeds differ by 0.002, and the arms by the same in both: an interval without width."""
    told = {"loss_no_worse": "holds", "loss_no_worse_3": "fails", "ensemble_lower_loss": "holds"}
    for claim, decided in told.items():
        found = verdict(table1, f"anil_table1.{claim}", clicks)
        assert found.evidence.low == pytest.approx(found.evidence.high) and found.verdict == decided


def test_the_margins_are_the_least_favourable_numbers_within_the_papers_half_ranges():
    printed = {
        name: {key: list(map(float, text.split(" +/- "))) for key, text in of.items()}
        for name, of in experiment("table1")["reported"].items()
        if isinstance(of, dict)
    }
    most = {n: {key: mean + half for key, (mean, half) in of.items()} for n, of in printed.items()}
    least = {n: {key: mean - half for key, (mean, half) in of.items()} for n, of in printed.items()}
    dnn, ensemble, codist = "DNN", "ensemble_of_two", "codist_two_way"
    assert pytest.approx(most[codist]["churn"] / least[dnn]["churn"]) == table1.LESS
    assert pytest.approx(most[codist]["churn"] / least[ensemble]["churn"]) == table1.AS_ENSEMBLE
    assert pytest.approx(most[ensemble]["churn"] / least[dnn]["churn"], abs=4e-3) == table1.ENSEMBLE_LESS  # fmt: skip
    gain = least[dnn]["log_loss"] - most[ensemble]["log_loss"]
    assert pytest.approx(gain) == table1.ENSEMBLE_GAIN
    assert printed[dnn]["log_loss"][1] == table1.NO_WORSE


def test_the_table_is_printed_as_the_papers(clicks):
    found = read(clicks, table1)
    text = tables.markdown(table1, found, sheet.head(table1, found), [])
    assert "| DNN | 0.4810 ± 0.0010 | 0.0400 ± 0.0000 | 0.4480 ± 0.001 | 0.029 ± 0.001 |" in text
    assert "| ensemble of two DNNs | 0.4800 ± 0.0010 | 0.0300 ± 0.0000 | 0.4461 ± 0.0002 |" in text
    assert "| DNN, labels smoothed towards the click rate | not run | not run | — | — |" in text
    assert "Mean ± half the range of the seeds, as in the paper." in text
    assert tables.METHOD not in text


def test_half_the_range_needs_two_seeds():
    assert half_range(np.array([0.1, 0.5, 0.2])) == pytest.approx(0.2)
    assert np.isnan(half_range(np.array([0.1])))


# ---- mutual learning


def test_the_student_that_learns_beside_its_teacher_is_the_first_model(tmp_path):
    for seed in (1, 2):
        for arm, ends in (("offline_early", [70.7]), ("offline_full", [69.5]), ("online", [70.5, 80.0])):  # fmt: skip
            models = [{"valid_top1": [10.0, end + seed / 10]} for end in ends]
            fabricate.run(tmp_path, arm, seed, models, sweep="mutual")
    alike = verdict(mutual, "anil_mutual.early_alike", tmp_path).evidence
    assert alike.gap == pytest.approx(0.2) and (alike.lowest, alike.highest) == (-0.6, 0.6)
    above = verdict(mutual, "anil_mutual.early_above_full", tmp_path).evidence
    assert above.gap == pytest.approx(1.2)
    arm = read(tmp_path, mutual)["online"]
    assert mutual.of_model(arm, mutual.TEACHER).final("valid_top1").mean() == pytest.approx(80.15)


def test_the_margin_is_half_of_what_separates_the_papers_teachers():
    of = experiment("s3.4.1_dml_recheck")["reported"]
    by = (of["better_teacher_pct"] - of["overfit_teacher_pct"]) / 2
    assert (
        pytest.approx(by) == pick(mutual.CLAIMS, "anil_mutual.early_alike")[0].test.keywords["by"]
    )


# ---- two phases and online


def phases(root, online: list[float], per_epoch: int, student: float = 4.0) -> None:
    """Teachers of 180 updates, a student of 90, and two codistilled models with a row every `per_epoch`."""
    for seed in (1, 2):
        for arm, sweep, losses, each in (
            ("lm_alone", "language", [5.0, 4.2], 90),
            ("lm_student", "offline", [5.0, student], 45),
            ("lm_online", "offline", online, per_epoch),
        ):
            fabricate.run(root, arm, seed, [{"valid_loss": losses}], sweep=sweep, per_epoch=each)


@pytest.mark.parametrize(
    ("online", "per_epoch", "found"),
    [
        ([4.3, 4.01], 50, 4.01),  # ends at 100 of 270 updates
        ([4.3, 4.01], 51, 4.3),  # at 102: too late
        ([4.5, 4.2, 4.1, 4.0], 30, 4.1),  # rows at 30, 60, 90, 120
    ],
)
def test_online_is_read_after_ten_27ths_of_the_updates_of_both_phases(tmp_path, online, per_epoch, found):  # fmt: skip
    phases(tmp_path, online, per_epoch)
    evidence = verdict(offline, "anil_offline.fewer_updates", tmp_path).evidence
    assert evidence.gap == pytest.approx(found - 4.0) and evidence.highest == 0.05


def test_without_a_row_so_early_nothing_is_decided(tmp_path):
    phases(tmp_path, [4.0], 101)
    found = verdict(offline, "anil_offline.fewer_updates", tmp_path)
    assert found.verdict == "undecided" and "not finite" in found.why


@pytest.fixture(scope="module", params=["laptop", "gpu", "paper"])
def settings(request):
    with hydra_initialized():
        return {arm: run for (_, arm), run in arms(request.param).items()}


def test_updates_of_the_phases_are_in_the_papers_ratios(settings):
    two, online = experiment("s3.4.1_offline_vs_online")["arms"]
    teachers, student, rival = (settings[arm] for arm in ("lm_alone", "lm_student", "lm_online"))
    ratio = two["student_steps"] / two["ensemble_steps"]
    assert student.updates == pytest.approx(ratio * teachers.updates, abs=1)
    assert pytest.approx(online["total_steps"] / two["total_steps"]) == offline.SHARE
    both = teachers.updates + student.updates
    assert 0.999 * offline.SHARE * both - 1 < rival.updates <= offline.SHARE * both


def test_the_shorter_run_differs_in_its_length_alone(settings):
    online, whole = settings["lm_online"], settings["lm_codist"]
    differ = {
        line.partition(":")[0]
        for line in run_identity.difference(online.to_dict(), whole.to_dict())
    }
    assert differ == {"arm", "sweep", "epochs", "alpha.until"}
    shares = [run.alpha.until / run.epochs for run in (online, whole)]
    assert shares[0] == pytest.approx(shares[1], rel=1e-3)


def test_the_student_learns_from_the_finished_ensemble_from_its_first_update_on(settings):
    student, teachers = settings["lm_student"], settings["lm_alone"]
    assert [start.named for start in student.starts] == ["language/lm_alone"]
    assert (student.n, teachers.n, teachers.exchange.kind) == (1, 2, "none")
    assert student.alpha(0.0, student.epochs) > 0
    for name in ("workload", "lr", "batch", "optimizer", "distance", "sampling"):
        assert getattr(student, name) == getattr(teachers, name), name


def test_retrains_of_a_pair_share_nothing_and_differ_in_the_exchange_alone(settings):
    churn = {arm: run for arm, run in settings.items() if run.sweep == "churn"}
    for run in churn.values():
        assert (run.n, run.together, run.sampling) == (4, 2, "independent")
    for one, other in combinations(churn.values(), 2):
        apart = {
            line.partition(":")[0]
            for line in run_identity.difference(one.to_dict(), other.to_dict())
        }
        assert {key for key in apart if not key.startswith("exchange.")} <= {"arm", "alpha.start"}
    peers = churn["clicks_codist"].exchange.peers_of(4)
    assert [list(of) for of in peers] == [[1], [0], [3], [2]]


# ---- drawing


@pytest.mark.parametrize("name", ["anil_mutual", "anil_offline"])
def test_any_of_the_arms_may_be_missing(name, tmp_path):
    fabricate.everything(tmp_path, seeds=(1, 2))
    figure = FIGURES[name]
    found = arms_shown(figure, read(tmp_path, figure))
    alone = [{name: arm} for name, arm in found.items()]
    without = [{k: v for k, v in found.items() if k != name} for name in found]
    for kept in [{}, *alone, *without]:
        axes = Figure().subplots(1, figure.PANELS, squeeze=False)[0]
        figure.draw(kept, axes)
        assert bool(kept) == any(axis.lines for axis in axes)


def test_the_student_is_drawn_after_its_teachers(tmp_path):
    phases(tmp_path, [4.3, 4.1], 50)
    axes = Figure().subplots(1, 1, squeeze=False)[0]
    offline.draw(read(tmp_path, offline), axes)
    lines = {line.get_label(): line.get_xdata() for line in axes[0].lines}
    assert list(lines[offline.LABELS["lm_alone"]]) == [90, 180]
    assert list(lines[offline.LABELS["lm_student"]]) == [225, 270]
    assert list(lines[offline.LABELS["lm_online"]]) == [50, 100]
    assert any(list(x) == [pytest.approx(100)] * 2 for x in lines.values())
