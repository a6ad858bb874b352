"""A user's files in sweeps/ and figures/: docs/extend.md works, and a mistake is reported in one line."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import commands
import pytest
from small import small

from codist import runlog
from codist.check import check
from codist.errors import Refused
from workloads.views.options import Views

ROOT = Path(__file__).parents[2]
EXTEND = (ROOT / "docs" / "extend.md").read_text()
ADDING = EXTEND.split("\n## A workload\n")[0]
SWEEP = "# @package _global_\ndefaults: [{/workload: views}]\n"
FIGURE = "# @package _global_\n"
WRONG = {
    "defaults: [{/workload: views}]\narms: {a: {}}": "must begin with the line # @package _global_",
    SWEEP + "alpa: 3\narms: {a: {}}": "mine.yaml: alpa is no option; did you mean alpha?",
    SWEEP
    + "lr: {strat: 3}\narms: {a: {}}": "mine.yaml: lr.strat is no option; did you mean lr.start?",
    SWEEP + "n: two\narms: {a: {}}": "mine.yaml: n: expected a whole number, got two",
    SWEEP + "arms: {a: {alpha: 3}}": "arm a: alpha has parts; set one of alpha.start,",
    SWEEP
    + "arms: {a: {workload: {widht: 3}}}": "arm a: workload.widht is no option; did you mean workload.width?",
    SWEEP + "arms: {a: 3}": "arm a must be {<changes>}, got 3",
    SWEEP + "arms:\n  a: {n: 2\n  b: {}": "mine.yaml, line 5: expected",
    SWEEP
    + "arms: {yes: {}}": "mine.yaml: True in arms is a yes, a no or a number to YAML; write it in quotes",
    SWEEP + "arms: {1: {}}": "mine.yaml: 1 in arms is a yes, a no or a number to YAML",
    SWEEP
    + "arms: {../../x: {}}": "mine.yaml: expected a plain name for the arm (a letter, then letters,",
    SWEEP + "arms: {'': {}}": "got ''; rename it",
    SWEEP + "arms: {a: {}, 'b c': {}}": "got 'b c'; rename it",
    SWEEP + "arms: {'true': {}}": "not true, false, null, nan or inf), got 'true'; rename it",
    SWEEP
    + "arms: {a: {scale: ../../x}}": "arm a: expected scale: laptop, the name of the file in sweeps/scale, "
    "got ../../x; sweeps/scale/laptop.yaml alone sets it",
    FIGURE
    + "questions: {../../sweeps/sweep/batch: all}": "sweep=../../sweeps/sweep/batch does not exist",
    SWEEP
    + "exchange: {kind: frozen}\narms: {a: {exchange: {of: b}}, b: {exchange: {of: a}}}": "exchange.of=a: a, which "
    "starts from b, which starts from a; name an arm that can be trained first",
    SWEEP + "arms: [a, b]": "mine.yaml: arms must be {<name>: {<changes>}}, got ['a', 'b']",
    FIGURE
    + "questions: [batch]": "mine.yaml: questions must be {<sweep>: all, or a list of its arms}, got ['batch']",
    SWEEP: "mine.yaml has no arms; write arms: {<name>: {<changes>}}",
    FIGURE
    + "arms: {a: {}}": "mine.yaml: no workload; a sweep has defaults: [{/workload: imagenet}]",
    FIGURE
    + "questions: {regularization: }": "names no arm of regularization; write all, or a list of them",
    FIGURE + "questions: {regularization: [codist_fixd]}": "did you mean codist_fixed?",
    FIGURE + "questions: {regularizaton: all}": "did you mean regularization?",
    SWEEP.replace("views", "vews")
    + "arms: {a: {}}": "workload=vews does not exist; did you mean views?",
}


@pytest.fixture
def home(tmp_path):
    """A copy of what a user edits, and of what reads it."""
    for part in ("src", "sweeps", "slurm", "figures"):
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("onebox", "out")
        )
    for file in ("Makefile", ".gitignore"):
        shutil.copy(ROOT / file, tmp_path)
    (tmp_path / "paper").mkdir()
    shutil.copy(ROOT / "paper" / "experiments.yaml", tmp_path / "paper")
    return tmp_path


def typed(home, *words):
    """What `python *words` does there."""
    return commands.typed(*words, cwd=home, env=os.environ | {"PYTHONPATH": ""})


def git(home, *words):
    subprocess.run(["git", *words], cwd=home, check=True)


def plan(home, text):
    (home / "sweeps" / "sweep" / "mine.yaml").write_text(text)
    return typed(home, "src/run.py", "plan", "sweep=mine")


def test_an_arm_and_a_figure_by_the_readme_alone_take_under_15_lines(home):
    """The arm is planned, trained, drawn, evaluated and listed by the commands of the page, with one seed."""
    arm, sweep, figure = re.findall(r"```(?:yaml|python)\n(.*?)```", ADDING, re.DOTALL)
    assert len((arm + sweep + figure).splitlines()) < 15
    with open(home / "sweeps" / "sweep" / "regularization.yaml", "a") as file:
        file.write(arm)
    (home / "sweeps" / "sweep" / "ours_gentle.yaml").write_text(sweep)
    (home / "figures" / "ours" / "gentle.py").write_text(figure)
    commands = re.findall(r"^python (.*?)(?: +#.*)?$", ADDING, re.MULTILINE)
    planned, trained, drawn = (
        typed(home, *line.split(), *more)
        for line, more in zip(commands, ([], ["seed=1"], []), strict=True)
    )
    assert "6 runs at scale laptop: 0 done, 6 to run" in planned.stdout, planned.stderr
    assert "codist_gentle/1 finished" in trained.stderr, trained.stderr
    assert re.search(
        r"ours_gentle +figures/out/ours_gentle.pdf .*\nours_gentle: .*\n +undecided +Both end within one point",
        drawn.stdout,
    ), drawn
    assert (
        "| ours_gentle | is half the penalty enough? |"
        in typed(home, "-m", "figures", "--index").stdout
    )
    listed = subprocess.run(["make", "help"], cwd=home, capture_output=True, text=True)
    assert "gentle" in listed.stdout


def test_a_workload_is_one_package_and_one_yaml(home):
    """The workload of docs/extend.md is found, composed, planned and trained."""
    part = EXTEND.split("\n## A workload\n")[1].split("\n## ")[0]
    options, data, sweep = re.findall(r"```(?:yaml|python)\n(.*?)```", part, re.DOTALL)
    package = home / "src" / "workloads" / "blobs"
    package.mkdir()
    (package / "options.py").write_text(options)
    (package / "data.py").write_text(data)
    (home / "sweeps" / "sweep" / "blobs.yaml").write_text(sweep)
    planned = typed(home, "src/run.py", "plan", "sweep=blobs")
    assert "6 runs at scale laptop: 0 done, 6 to run" in planned.stdout, planned.stderr
    [command] = re.findall(r"^python (.*)$", part, re.MULTILINE)
    git(home, "init", "--quiet")
    git(home, "add", "src", "sweeps")
    git(home, "-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "--quiet", "--message=blobs")
    trained = typed(home, *command.split())
    assert trained.returncode == 0, trained.stderr
    [done] = (home / "runs").glob("laptop/blobs/codist/1/done.json")
    assert json.loads(done.read_text())["outcome"] == "finished"
    assert runlog.rows(done.parent, 0)[-1]["valid_top1"] > 0.5
    several = command.replace("seed=1", "seed=2").replace("run.py", "run.py -m").split()
    assert "uncommitted" not in typed(home, *several).stdout
    with open(home / "sweeps" / "sweep" / "blobs.yaml", "a") as file:
        file.write("# changed\n")
    changed = typed(home, *[word.replace("seed=2", "seed=3") for word in several]).stdout
    assert "uncommitted changes: make ship will leave these runs out" in changed
    wrong = typed(home, "src/run.py", "plan", "sweep=blobs", "workload.widht=3").stderr
    assert wrong == "run.py: workload.widht is no option; did you mean workload.width?\n"


MISTAKES = {
    "with name: str = 'blobs', the name of its folder, got none": (
        "name: str = 'blob'",
        "def open(options, data): 3",
    ),
    "src/workloads/blobs has options.py and no data.py": ("name: str = 'blobs'", None),
}


@pytest.mark.parametrize(("says", "texts"), MISTAKES.items(), ids=MISTAKES)
def test_what_a_package_of_a_workload_lacks_is_said_in_one_line(home, says, texts):
    package = home / "src" / "workloads" / "blobs"
    package.mkdir()
    for name, text in zip(("options", "data"), texts, strict=True):
        if text:
            (package / f"{name}.py").write_text(
                f"class Blobs:\n    {text}\n" if name == "options" else text
            )
    said = plan(home, SWEEP + "arms: {a: {}}")
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert says in said.stderr


@pytest.mark.parametrize(("text", "says"), WRONG.items(), ids=WRONG.values())
def test_what_is_wrong_in_a_file_is_said_in_one_line(home, text, says):
    said = plan(home, text)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
    assert says in said.stderr


def test_a_file_in_sweeps_has_a_plain_name(home):
    for name, folder in (("a+b", "sweep"), ("...", "sweep"), ("mine", "scale"), ("a+b", "scale")):
        text = SWEEP + "arms: {a: {}}" if folder == "sweep" else "# @package _global_\n"
        (home / "sweeps" / folder / f"{name}.yaml").write_text(text)

    def refused(*words):
        said = typed(home, "src/run.py", "plan", *words)
        assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1)
        return said.stderr

    assert "sweeps/sweep/a+b.yaml: expected a plain name for the sweep" in refused("sweep=a+b")
    assert "sweeps/sweep/....yaml: expected a plain name for the sweep" in refused("sweep=...")
    assert "expected scale: mine, the name of the file in sweeps/scale, got laptop" in refused(
        "sweep=views", "scale=mine"
    )
    assert "sweeps/scale/a+b.yaml: expected a plain name for the scale" in refused(
        "sweep=views", "scale=a+b"
    )


@pytest.mark.parametrize(
    "text",
    [
        SWEEP + "arms:\n  a:\n  b: {n: 3}\n",
        FIGURE + "questions: {regularization: codist_fixed, batch: all}",
    ],
)
def test_an_arm_may_change_nothing_and_a_figure_may_want_one_arm(home, text):
    said = plan(home, text)
    assert said.returncode == 0, said.stderr


@pytest.mark.parametrize("words", [("plan",), (), ("-m",)], ids=["plan", "one run", "a sweep"])
def test_a_workload_without_a_method_is_told_by_every_command(home, words):
    options = home / "src" / "workloads" / "views" / "options.py"
    options.write_text(options.read_text().replace("def stated_speed(", "def speed("))
    asked = ("sweep=views", "arm=views_1", "seed=1", "place.shipped=null", "epochs=0.1", "lr.at=[]")
    said = typed(home, "src/run.py", *words, *asked)
    assert (said.returncode, said.stdout, said.stderr.count("\n")) == (2, "", 1), said.stderr
    assert said.stderr.startswith(
        "run.py: workloads.views.options.Views lacks stated_speed(i); add what codist.options.Options"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"classes": None},
        {"examples": None, "stated_speed": None, "ready": None},
        {"check": lambda self: None},  # its n is forgotten
        {"ready": True},
    ],
    ids=lambda changes: ",".join(changes),
)
def test_all_that_options_lack_is_named(changes):
    """None: it is not there."""
    full = {name: getattr(Views, name) for name in ("parameters", "stated_speed", "check", "ready")}
    options = type("Mine", (), {"name": "mine", "classes": 10, "examples": 4000} | full | changes)
    for name in (name for name, value in changes.items() if value is None):
        delattr(options, name)
    run = small()
    run.workload = options()
    names = {"stated_speed": "stated_speed(i)", "check": "check(n)", "ready": "ready(data)"}
    with pytest.raises(Refused) as error:
        check(run)
    assert f".Mine lacks {', '.join(names.get(name, name) for name in changes)}; " in str(
        error.value
    )


def test_a_workload_that_is_not_there_is_told(home):
    (home / "sweeps" / "workload" / "views.yaml").write_text(
        "# @package _global_\ndefaults: [/options@workload: vews]"
    )
    assert "src/workloads has no workload vews; did you mean views?" in plan(home, SWEEP).stderr
