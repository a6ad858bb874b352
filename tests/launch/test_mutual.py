"""The sweep `mutual` and its commands: finished teachers are trained first, checked, verified and repeated."""

import json
import re
import subprocess
from pathlib import Path

import commands
import pytest
from arms import arms, hydra_initialized
from small import trained, weights

from codist import run_folder
from codist.losses import DISTANCES
from launch import cost, jobs, sweep

ROOT = Path(__file__).parents[2]
# 3 epochs for 200 of the published schedule
SHORT = ("sweep=mutual", "seed=901", "scaling.epochs=66", "place.shipped=null")
ARMS = ("teacher_full", "teacher_early", "student", "offline_full", "offline_early", "online")


def typed(*words, code=0) -> subprocess.CompletedProcess:
    """Type a command in the checkout. Torch has one thread, as in the runs."""
    return commands.typed("src/run.py", *words, code=code)


def facts(runs: Path, arm: str) -> dict:
    return run_folder.done(run_folder.folder_of(runs, "laptop", "mutual", arm, 901))


# ---- its settings


@pytest.fixture(scope="module")
def paper():
    with hydra_initialized():
        return {arm: run for (sweep, arm), run in arms("paper").items() if sweep == "mutual"}


def test_the_networks_and_the_recipe_are_the_published_ones(paper):
    """Anil et al. §3.4.1 names the networks; Zhang et al. (2018, §3.1) batch, epochs and learning rate."""
    assert tuple(paper) == ARMS
    for run in paper.values():
        assert (run.workload.name, run.workload.classes, run.batch) == ("cifar", 100, 64)
        assert (run.lr.start, run.lr.factor, run.optimizer.momentum) == (0.1, 0.1, 0.9)
        assert run.updates == (62_500 if run.arm == "teacher_early" else 156_250)
    assert paper["online"].workload.networks == ["resnet32", "wrn28_10"]
    assert paper["student"].workload.parameters(0) == 470_004
    assert paper["teacher_full"].workload.parameters(0) == 36_536_884


def test_students_differ_in_their_teacher_alone(paper):
    for kind in ("full", "early"):
        offline = paper[f"offline_{kind}"]
        assert [start.arm for start in offline.starts] == [f"teacher_{kind}"]
        for name in ("workload", "lr", "weight_decay", "batch", "epochs", "distance", "n"):
            assert getattr(offline, name) == getattr(paper["student"], name), name
        assert offline.alpha == paper["online"].alpha and offline.sent_bits(1) == 0
    assert paper["online"].distance == "kl" in DISTANCES


def test_the_early_teacher_is_a_checkpoint_that_the_other_passes_bitwise(composing, tmp_path):
    """The seed is the same, the early schedule is the first part of the full one, and draws have keys."""
    with hydra_initialized():
        early, full = (
            jobs.single([*SHORT, f"arm=teacher_{kind}", f"place.runs={tmp_path}"]).run
            for kind in ("early", "full")
        )
    assert 20 < early.updates < full.updates / 2
    one = trained(tmp_path / "early", early)
    other = trained(tmp_path / "full", full, stop_after=early.updates)
    assert other["update"] == early.updates and weights(one) == weights(other)


def test_a_plan_counts_a_teachers_forward_pass_at_its_own_speed(paper):
    """A WRN-28-10's takes a third of 1/116 s: 8.0 h of 10 million images, and the student's own 0.7 h."""
    with hydra_initialized():
        job = jobs.single(["sweep=mutual", "scale=paper", "arm=offline_full", "seed=1"])
        alone = jobs.single(["sweep=mutual", "scale=paper", "arm=student", "seed=1"])
        [own], [taught] = cost.of_models(alone), cost.of_models(job)
    assert own == pytest.approx(1e7 / 4000) and taught - own == pytest.approx(1e7 / 116 / 3)


# ---- its commands


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """All arms of the sweep, for three epochs, trained by the command; and what that said."""
    folder = tmp_path_factory.mktemp("runs")
    said = typed("-m", *SHORT, f"place.runs={folder}")
    return folder, said.stdout


def test_many_teachers_are_listed_by_arm():
    asked = ["sweep=mutual", "scale=laptop", "seed=901,902,903", "arm=teacher_full,teacher_early"]
    with hydra_initialized():
        teachers = jobs.jobs(asked)
    assert sweep.listed(teachers) == "mutual/teacher_full, mutual/teacher_early (6 runs)"
    assert sweep.listed(teachers[:2]) == "mutual/teacher_full/901, mutual/teacher_full/902"


def test_teachers_are_trained_first_and_each_student_names_its_own(runs):
    folder, said = runs
    assert re.search(
        r"first, since other runs start from their weights: mutual/teacher_full/901, mutual/teacher_early/901\n",
        said,
    )
    assert {facts(folder, arm)["outcome"] for arm in ARMS} == {"finished"}
    for kind in ("full", "early"):
        taught_by = facts(folder, f"offline_{kind}")["taught_by"]
        assert taught_by == facts(folder, f"teacher_{kind}")["state"]
    assert not any("taught_by" in facts(folder, arm) for arm in ("student", "online"))


def test_a_student_alone_is_refused_until_its_teacher_is_there(tmp_path):
    asked = (*SHORT, "arm=offline_full", f"place.runs={tmp_path}")
    assert "1 runs, 0 done, 1 to run" not in typed("plan", *asked).stdout
    said = typed(*asked, code=2)
    assert said.stderr.count("\n") == 1 and re.search(
        r"offline_full/901 starts from mutual/teacher_full/901, which has no finished run with its state in .*; "
        r"the same command with -m before sweep= trains it first",
        said.stderr,
    )


def test_verify_names_a_student_whose_teacher_was_trained_again(runs, tmp_path):
    """It reports no other run, since their rows, bits and digests fit their configs."""
    folder, _ = runs
    asked = ("verify", *SHORT[:1], "scaling.epochs=66", f"place.shipped={folder}")
    wrong = [line for line in typed(*asked, code=1).stderr.splitlines() if "checkpoint" in line]
    assert wrong == []
    done = run_folder.folder_of(folder, "laptop", "mutual", "teacher_full", 901) / "done.json"
    before = done.read_text()
    done.write_text(json.dumps(json.loads(before) | {"state": "0" * 64}))
    said = typed(*asked, code=1).stderr
    done.write_text(before)
    assert re.search(
        r"offline_full/901: it started from another checkpoint \(digest \w{10}\) than the last one of "
        r"teacher_full/901 \(0000000000\)",
        said,
    )
    assert "offline_early/901: it started" not in said


def test_a_student_is_repeated_to_the_bit_with_a_teacher_trained_again(runs):
    folder, _ = runs
    asked = ("repeat", "runs=1", "pick=1", "sweep=mutual", "arm=offline_early", "scaling.epochs=66")
    said = typed(*asked, f"place.shipped={folder}").stdout
    assert "first, since other runs start from their weights: mutual/teacher_early/901" in said
    assert "mutual/offline_early/901: the same bits, 1 models" in said


def test_a_students_student_is_trained_in_the_third_wave(tmp_path):
    """A typed exchange.of is that arm's alone: offline_early keeps its own teacher."""
    asked = (
        "-m",
        *SHORT,
        "arm=offline_full",
        "exchange.of=offline_early",
        f"place.runs={tmp_path}",
    )
    said = typed(*asked, "lr.at=[]", "epochs=0.1").stdout
    first = [
        line.split(": ")[1] for line in said.splitlines() if line.startswith("first, since other")
    ]
    assert first == ["mutual/teacher_early/901", "mutual/offline_early/901"]
    arms = ("teacher_early", "offline_early", "offline_full")
    one, two, three = (facts(tmp_path, arm) for arm in arms)
    assert (two["taught_by"], three["taught_by"]) == (one["state"], two["state"])
    assert facts(tmp_path, "teacher_full") is None
