"""The committed results: complete, by a clean commit, of the current sweeps; their verdicts and drawings."""

import shutil
from pathlib import Path

import pytest
from arms import WRITTEN, of_the_papers

from codist import packed
from figures import verify as of_figures
from figures.evidence import planned
from launch import shipped as shipped_runs
from launch import verify

ROOT = Path(__file__).parents[2]
PAPER = ROOT / "paper"
SHIPPED = PAPER / "results"


@pytest.fixture(scope="module")
def shipped():
    """{(scale, sweep, arm): its run folders}"""
    _, folders = shipped_runs.shipped({})
    there = {}
    for folder in folders:
        there.setdefault(folder.parts[-4:-1], []).append(folder)
    return there


def test_every_arm_of_the_papers_figures_is_committed(shipped):
    """An arm without any run waits for its first ones, if a round of the plan has its sweep."""
    there = {(sweep, arm) for scale, sweep, arm in shipped if scale == "laptop"}
    new = planned.new_sweeps()
    assert {of for of in WRITTEN if of[1] in of_the_papers() and of[0] not in new} <= there


def test_what_ships_is_whole_has_every_seed_and_was_made_by_the_config_that_it_has_now(
    shipped, composing
):
    root, folders = shipped_runs.shipped({})
    wanted = verify.wanted_seeds(shipped, root)
    assert list(verify.stale(shipped, shipped_runs.arms([], folders), wanted)) == []


def test_nothing_else_is_committed():
    """Beside packed runs only measurements of links."""
    files = {path for path in SHIPPED.rglob("*") if path.is_file()}
    assert files - set(packed.files(SHIPPED)) == {SHIPPED / "network.json", SHIPPED / "links.json"}


def test_pictures_verdicts_and_readme_are_what_the_results_make_today(tmp_path):
    """`make verify` on a copy in which one line of each was changed by hand names these, and so nothing else."""
    for path in PAPER.glob("[!.]*.*"):  # not where packed runs are unpacked
        shutil.copy(path, tmp_path)
    claims = tmp_path / "claims.md"
    claims.write_text(claims.read_text().replace("| undecided |", "| holds |", 1))
    drawn = tmp_path / "drawn.sha256"
    drawn.write_text(
        "".join(
            line.replace(line[:4], "0000") if line.endswith("  fig7.svg\n") else line
            for line in drawn.read_text().splitlines(keepends=True)
        )
    )
    (tmp_path / "fig2.png").write_bytes(b"another")
    found = dict(of_figures.checked(tmp_path))
    (picture,) = found.pop("drawings")
    assert picture.startswith("fig7.svg differs from ")
    assert found == {
        "SHA-256 of results": [],
        "SHA-256 of fresh seeds": [],
        "SHA-256 of the plan's runs": [],
        "verdicts": ["claims.md is not what the results say; make claims"],
        "README, index of figures": [],
        "the README's picture": ["fig2.png is an older drawing; make readme"],
    }


def test_the_readme_gives_the_test_command():
    assert "`make test`" in (ROOT / "README.md").read_text()
