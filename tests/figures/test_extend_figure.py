"""A figure and a metric are added in one place each: a file and its sweep's yaml, a line in the table of metrics."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import fabricate
import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
SWEEP = """# @package _global_
questions:
  regularization: [codist_decayed, independent_decayed]
  nway: [nway_4]
"""
FIGURE = '''"""Ours, ranking: do codistilled models rank classes better?"""

from figures.drawing import panels
from figures.evidence.claim import Claim
from figures.evidence.margin import above, finals

PANELS, draw = panels.over_training("valid_rank", "valid_top1")
CLAIMS = [
    Claim("ours_ranking.above", "ours", "Codistilled models rank better than independent ones.", "ours",
          finals(above, "valid_rank"), ("codist_decayed", "independent_decayed")),
]
'''
METRIC = """    Metric("valid_rank", "%", "score of the ranking", label="rank score", better=HIGHER, score="rank"),
"""
YAML, CODE = "sweeps/sweep/ours_ranking.yaml", "figures/ours/ranking.py"
WRONG = [  # in which of the new files what is replaced by what, and what is said of it
    (
        YAML,
        "[codist_decayed",
        "[codist_decayd",
        f"{YAML}: regularization has no arm codist_decayd; did you mean codist_decayed?",
    ),
    (
        YAML,
        ", independent_decayed",
        "",
        f"{CODE}: claim ours_ranking.above compares independent_decayed, which {YAML} "
        "does not list; did you mean codist_decayed?",
    ),
    (
        YAML,
        "regularization",
        "regularisation",
        "sweeps/sweep/regularisation.yaml is not there; did you mean regularization?",
    ),
    (
        CODE,
        '("valid_rank", "valid',
        '("valid_rang", "valid',
        "valid_rang is no metric of codist/metrics.py; did you mean valid_rank?",
    ),
]


def command(home: Path, *words: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=home,
        capture_output=True,
        text=True,
        # bytecode knows its source by size and second: a file that is rewritten at once would not count
        env={**os.environ, "PYTHONPATH": "", "PYTHONDONTWRITEBYTECODE": "1"},
    )


def digests(home: Path) -> dict[str, str]:
    files = (path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.fixture(scope="module")
def results(tmp_path_factory) -> Path:
    """Runs that have logged the new metric."""
    root = tmp_path_factory.mktemp("results")
    for arm, sweep, n, auc in (
        ("codist_decayed", "regularization", 2, 90.0),
        ("independent_decayed", "regularization", 2, 80.0),
        ("nway_4", "nway", 4, 85.0),
    ):
        for seed in (1, 2, 3):
            rising = auc + seed / 10 - 10 * np.exp(-np.arange(1.0, 9.0))
            columns = {"train_loss": 1 / rising, "valid_top1": rising, "valid_rank": rising}
            fabricate.run(root, arm, seed, [columns] * n, sweep=sweep)
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A copy of what draws, before anything is added."""
    home = tmp_path_factory.mktemp("home")
    for part in ("src", "sweeps", "figures", "docs"):
        shutil.copytree(
            ROOT / part, home / part, ignore=shutil.ignore_patterns("__pycache__", "out")
        )
    (home / "paper").mkdir()
    for name in ("experiments.yaml", "reported.csv", "open.md"):
        shutil.copy(ROOT / "paper" / name, home / "paper")
    for plan in ROOT.glob("paper/plan*"):  # whose digests the runs record
        if plan.is_file():
            shutil.copy(plan, home / "paper")
    return home


@pytest.fixture
def extended(home) -> Path:
    """The copy with a figure, its sweep and a metric."""
    table = home / "src" / "codist" / "metrics.py"
    before = table.read_text()
    table.write_text(
        before.replace('    Metric("disagreement"', METRIC + '    Metric("disagreement"')
    )
    (home / YAML).write_text(SWEEP)
    (home / CODE).write_text(FIGURE)
    yield home
    table.write_text(before)
    (home / YAML).unlink()
    (home / CODE).unlink()


def test_a_new_figure_of_a_new_metric_takes_three_files(home, results, tmp_path, request):
    """The figure is drawn, its claim evaluated, its arms and axes named; the index and the page show it."""
    before = digests(home)
    request.getfixturevalue("extended")
    drawn = command(
        home,
        "figures",
        "ours_ranking",
        "--from",
        str(results),
        "--out",
        str(tmp_path),
        "--formats",
        "svg",
    )
    assert drawn.returncode == 0, drawn.stderr
    assert re.search(
        r"^ours_ranking: .*\n  holds +Codistilled models rank better", drawn.stdout, re.MULTILINE
    )
    assert (tmp_path / "ours_ranking.svg").stat().st_size > 10_000
    index = command(home, "figures", "--index", "--from", str(results)).stdout
    assert (
        "| ours_ranking | do codistilled models rank classes better? | regularization, nway |"
        in index
    )
    page = command(
        home, "figures.page", "--from", str(results), "--out", str(tmp_path / "page.html")
    )
    assert page.returncode == 0, page.stderr
    assert '"valid_rank":{"title":"rank score (%)"' in (tmp_path / "page.html").read_text()
    after = digests(home)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed == {"src/codist/metrics.py", YAML, CODE}


def test_the_page_on_run_folders_gets_the_new_metric_by_its_command(extended):
    docs = extended / "docs" / "run_folder.md"
    before = docs.read_text()
    assert command(extended, "figures.evidence.metric_table").returncode == 0
    assert (
        "| `valid_rank` | % | higher | `model<i>.jsonl` | score of the ranking |"
        in docs.read_text()
    )
    docs.write_text(before)


@pytest.mark.parametrize(
    ("file", "right", "wrong", "says"), WRONG, ids=[wrong for _, _, wrong, _ in WRONG]
)
def test_an_arm_or_a_metric_that_is_listed_nowhere_is_refused(
    extended, results, tmp_path, file, right, wrong, says
):
    path = extended / file
    path.write_text(path.read_text().replace(right, wrong))
    done = command(
        extended, "figures", "ours_ranking", "--from", str(results), "--out", str(tmp_path)
    )
    assert (done.returncode, done.stderr) == (2, f"{says}\n")
