"""What is wrong in the files of a sweep is said in one line, with the file and what to write."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SWEEP = "# @package _global_\ndefaults: [{/workload: views}]\n"
FIGURE = "# @package _global_\n"
WRONG = {
    "defaults: [{/workload: views}]\narms: {a: {}}": "must begin with the line # @package _global_",
    SWEEP + "alpa: 3\narms: {a: {}}": "mine.yaml: alpa is no option; did you mean alpha?",
    SWEEP + "lr: {strat: 3}\narms: {a: {}}": "mine.yaml: lr.strat is no option; did you mean lr.start?",
    SWEEP + "n: two\narms: {a: {}}": "mine.yaml: n wants a whole number, came two",
    SWEEP + "arms: {a: {alpha: 3}}": "arm a: alpha has parts; set one of alpha.start,",
    SWEEP + "arms: {a: {workload: {widht: 3}}}": "arm a: workload.widht is no option; did you mean workload.width?",
    SWEEP + "arms: {a: 3}": "arm a must be {<changes>}, came 3",
    SWEEP + "arms:\n  a: {n: 2\n  b: {}": "mine.yaml, line 5: expected",
    SWEEP: "mine.yaml has no arms; write arms: {<name>: {<changes>}}",
    FIGURE + "arms: {a: {}}": "arm a: no workload; a sweep has defaults: [{/workload: imagenet}]",
    FIGURE + "questions: {regularization: }": "wants no arm of regularization; write all, or a list of them",
    FIGURE + "questions: {regularization: [codist_fixd]}": "did you mean codist_fixed?",
    FIGURE + "questions: {regularizaton: all}": "did you mean regularization?",
    SWEEP.replace("views", "vews") + "arms: {a: {}}": "workload=vews is not there; did you mean views?",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    for part in ("src", "sweeps", "slurm"):
        shutil.copytree(ROOT / part, home / part, ignore=shutil.ignore_patterns("__pycache__", "onebox"))
    return home


def plan(home, text):
    (home / "sweeps" / "sweep" / "mine.yaml").write_text(text)
    command = [sys.executable, "src/run.py", "plan", "sweep=mine"]
    return subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(("text", "says"), WRONG.items(), ids=WRONG.values())
def test_what_is_wrong_in_a_file_is_said_in_one_line(home, text, says):
    said = plan(home, text)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert says in said.stderr


@pytest.mark.parametrize(
    "text", [SWEEP + "arms:\n  a:\n  b: {n: 3}\n", FIGURE + "questions: {regularization: codist_fixed, batch: all}"]
)
def test_an_arm_may_change_nothing_and_a_figure_may_want_one_arm(home, text):
    said = plan(home, text)
    assert said.returncode == 0, said.stderr


def test_a_workload_that_is_not_registered_is_told_where(home):
    (home / "sweeps" / "workload" / "views.yaml").write_text("# @package _global_\ndefaults: [/options@workload: vews]")
    assert "src/workloads/__init__.py names no workload vews; did you mean views?" in plan(home, SWEEP).stderr
