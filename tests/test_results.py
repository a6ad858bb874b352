"""The results that ship: whole, made by a clean commit, of the sweeps as they stand; and the README about them."""

import re
from pathlib import Path

import pytest
from arms import of_the_papers
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from codist import runlog
from figures.__main__ import main
from launch import compose, jobs
from launch.sweep import finished

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "paper" / "results"


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    GlobalHydra.instance().clear()
    nowhere = tmp_path_factory.mktemp("runs")
    with initialize_config_dir(str(compose.SWEEPS), version_base="1.3"):
        every = ",".join(compose.names())
        yield jobs.jobs([f"sweep={every}", f"place.runs={nowhere}", f"place.shipped={SHIPPED}"])


@pytest.fixture(scope="module")
def shipped(asked):
    """The runs of arms that ship: each with every seed, or it is as if it had none."""
    there = {job.run.arm for job in asked if runlog.done(job.shipped)}
    return [job for job in asked if job.run.arm in there]


def test_every_arm_of_the_papers_figures_ships(asked, shipped):
    assert of_the_papers() - {job.run.arm for job in shipped} == set()


def test_what_ships_has_every_seed_and_was_made_by_the_config_that_it_has_now(shipped):
    assert [job.name for job in shipped if finished(job) is None] == []


def test_nothing_else_ships(shipped):
    assert {done.parent for done in SHIPPED.glob("*/*/*/*/done.json")} == {job.shipped for job in shipped}
    assert {path.suffix for path in SHIPPED.rglob("*") if path.is_file()} == {".yaml", ".jsonl", ".json"}


def test_what_ships_was_made_by_a_clean_commit_and_says_where(shipped):
    for job in shipped:
        done = runlog.done(job.shipped)
        assert re.fullmatch(r"[0-9a-f]{7,40}", done["commit"]), job.name
        assert done["machine"]["processor"] and done["versions"]["torch"]
        assert done["threads"] == 1


def test_the_logs_are_whole(shipped):
    """A row an epoch for each model, and one for the end; the last row's bits are those of the plan."""
    for job in shipped:
        done = runlog.done(job.shipped)
        for model in range(job.run.n):
            rows = runlog.rows(job.shipped, model)
            assert rows[-1]["update"] == done["update"]
            assert [int(row["epoch"]) for row in rows[:-1]] == list(range(1, len(rows)))
            if done["outcome"] == "finished":
                assert rows[-1]["update"] == job.run.updates
                assert rows[-1]["sent_bits"] == job.run.sent_bits(job.run.updates)


def test_the_readme_shows_the_index_of_what_ships(capsys):
    assert main(["--index", "--from", str(SHIPPED)]) == 0
    table = capsys.readouterr().out.strip()
    assert table.count("\n") >= 6
    assert table in (ROOT / "README.md").read_text(), "run make readme"


def test_the_readme_gives_the_test_command():
    assert "`make test`" in (ROOT / "README.md").read_text()
