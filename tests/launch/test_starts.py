"""A run that starts from an arm of another sweep: what is trained first, read, checked and refused."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import commands
import pytest

from codist.start import Start

ROOT = Path(__file__).parents[2]
HEAD = "# @package _global_\ndefaults: [{/workload: views}]\nn: 1\nworkload: {width: 2}\n"
TEACHERS = "arms: {master: {n: 2, exchange: {kind: none}, alpha: {start: 0}}}\n"
PUPILS = """distance: kl
exchange: {kind: frozen}
arms:
  pupil:  {exchange: {of: teachers/master}}
  second: {exchange: {of: pupil}}
"""
SHORT = ("scaling.epochs=90", "seed=3", "place.shipped=null")


def typed(home: Path, *words: str, code: int = 0) -> subprocess.CompletedProcess:
    env = os.environ | {"PYTHONPATH": ""}
    return commands.typed("src/run.py", *words, cwd=home, env=env, code=code)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A copy of the programs with two sweeps more: teachers, and pupils of one of them."""
    home = tmp_path_factory.mktemp("home")
    for part in ("src", "sweeps", "slurm"):
        shutil.copytree(ROOT / part, home / part, ignore=shutil.ignore_patterns("onebox"))
    for name, arms in (("teachers", TEACHERS), ("pupils", PUPILS)):
        (home / "sweeps" / "sweep" / f"{name}.yaml").write_text(HEAD + arms)
    (home / "paper").mkdir()
    return home


@pytest.fixture(scope="module")
def runs(home) -> Path:
    """The runs of the sweep `pupils`, trained by one command."""
    said = typed(home, "-m", "sweep=pupils", *SHORT).stdout
    waves = [line.split(": ")[1] for line in said.splitlines() if line.startswith("first, ")]
    assert waves == ["teachers/master/3", "pupils/pupil/3"]
    return home / "runs" / "laptop"


def facts(runs: Path, name: str) -> dict:
    return json.loads((runs / name / "3" / "done.json").read_text())


def test_a_teacher_of_another_sweep_is_trained_first_in_its_own_folder(runs):
    master, pupil, second = (
        facts(runs, name) for name in ("teachers/master", "pupils/pupil", "pupils/second")
    )
    assert (pupil["taught_by"], second["taught_by"]) == (master["state"], pupil["state"])


def test_alone_a_run_is_refused_until_the_other_sweep_has_made_its_teacher(home, tmp_path):
    asked = ("sweep=pupils", "arm=pupil", *SHORT, f"place.runs={tmp_path}")
    said = typed(home, *asked, code=2).stderr
    assert (
        said.count("\n") == 1
        and "pupils/pupil/3 starts from teachers/master/3, which has no" in said
    )
    typed(home, "sweep=teachers", "arm=master", *SHORT, f"place.runs={tmp_path}")
    typed(home, *asked)


def test_verify_compares_it_with_the_teacher_of_the_other_sweep(home, runs):
    asked = ("verify", "sweep=pupils", SHORT[0], "place.shipped=runs")
    assert "it started" not in typed(home, *asked, code=None).stderr
    file = runs / "teachers" / "master" / "3" / "done.json"
    before = file.read_text()
    file.write_text(json.dumps(json.loads(before) | {"state": "0" * 64}))
    said = typed(home, *asked, code=1).stderr
    file.write_text(before)
    assert "than the last one of teachers/master/3 (0000000000)" in said
    assert said.count("it started") == 1


def test_it_is_repeated_to_the_bit_with_a_teacher_trained_again(home, runs):
    asked = ("repeat", "runs=1", "pick=1", "sweep=pupils", "arm=pupil", SHORT[0])
    said = typed(home, *asked, "place.shipped=runs").stdout
    assert "first, since other runs start from their weights: teachers/master/3" in said
    assert "pupils/pupil/3: the same bits, 1 models" in said


@pytest.mark.parametrize(
    ("of", "says"),
    [
        ("teacher/master", "exchange.of=teacher/master: no sweep is called teacher; did you mean teachers?"),
        ("teachers/mastr", "exchange.of=teachers/mastr is no other arm of teachers; did you mean master?"),
        ("master", "exchange.of=master is no other arm of pupils; "),
        ("pupils/pupil", "exchange.of=pupils/pupil is no other arm of pupils; "),
        ("../teachers/master", "no sweep is called ../teachers; "),
        ("second", "exchange.of=pupil: pupil, which starts from second, which starts from pupil; name "),
    ],
)  # fmt: skip
def test_an_arm_that_is_not_there_or_starts_from_it_is_refused(home, of, says):
    said = typed(home, "plan", "sweep=pupils", "arm=pupil", f"exchange.of={of}", code=2).stderr
    assert said.count("\n") == 1 and says in said


def test_the_folder_of_a_start_is_beside_that_of_the_run():
    beside = Path("runs/laptop/offline/student/7")
    assert Start("exchange.of", "early", "d").folder(beside) == beside.parents[1] / "early" / "7"
    other = Start("exchange.of", "language/alone", "d").folder(beside)
    assert other == Path("runs/laptop/language/alone/7")


def test_a_language_model_learns_from_the_finished_ensemble_of_the_sweep_language(tmp_path):
    """The student of anil_offline, one update after three of its teachers, with the published command."""
    asked = ("-m", "sweep=anil_offline", "arm=lm_student", "seed=3", "scaling.epochs=100")
    places = (f"place.runs={tmp_path}", f"place.data={tmp_path}", "place.shipped=null")
    typed(ROOT, *asked, *places)
    student, teachers = (
        facts(tmp_path / "laptop", name) for name in ("offline/lm_student", "language/lm_alone")
    )
    assert student["taught_by"] == teachers["state"]
    assert (student["updates"], teachers["updates"], teachers["models"]) == (1, 3, 2)
