"""A retrained run that began from another run's checkpoint: which one it was, and what then must be equal."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import commands
import pytest

from codist.start import Start
from codist.unpacked import unpacked
from launch import compare_runs, jobs, log_audit

ROOT = Path(__file__).parents[2]
SHIPPED = unpacked(ROOT / "paper" / "results") / "laptop" / "multiview"
WHOLE = Start("begin_from", "whole", "begun_from")
SHORT = ("sweep=multiview", "arm=frozen_2", "epochs=0.1", "lr.at=[]")


def edit(path: Path, line: int = 0, **by) -> None:
    """Change facts of a done.json, or multiply numbers of one row of a log."""
    if path.name == "done.json":
        path.write_text(json.dumps(json.loads(path.read_text()) | by))
        return
    rows = [json.loads(row) for row in path.read_text().splitlines()]
    rows[line] |= {key: rows[line][key] * times for key, times in by.items()}
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def pair(tmp_path):
    """frozen_4/2 as committed and as trained here, each with the whole/2 that it began from and digests."""
    for place, digest in (("shipped", "a" * 64), ("here", "b" * 64)):
        for arm, fact in (("whole", "state"), ("frozen_4", "begun_from")):
            shutil.copytree(SHIPPED / arm / "2", tmp_path / place / arm / "2")
            edit(tmp_path / place / arm / "2" / "done.json", **{fact: digest})
    return [tmp_path / place / "frozen_4" / "2" for place in ("shipped", "here")]


def test_two_saves_of_equal_logs_are_one_start(pair):
    assert compare_runs.other_start(*pair, WHOLE) == ""


def test_another_last_bit_in_what_it_began_from_is_another_start(pair):
    edit(pair[1].parents[1] / "whole" / "2" / "model0.jsonl", -1, distance=1 + 1e-15)
    told = "started from another checkpoint of whole/2: bbbbbbbbbb here, aaaaaaaaaa shipped"
    assert compare_runs.other_start(*pair, WHOLE) == told


def test_a_start_that_is_not_known_is_not_the_same(pair):
    edit(pair[0] / "done.json", begun_from=None)
    told = "started from another checkpoint of whole/2: bbbbbbbbbb here, unknown shipped"
    assert compare_runs.other_start(*pair, WHOLE) == told


def test_it_may_have_begun_from_another_save_than_the_one_beside_it(pair):
    edit(pair[0] / "done.json", begun_from="c" * 64)
    assert "bbbbbbbbbb here, cccccccccc shipped" in compare_runs.other_start(*pair, WHOLE)
    edit(pair[1] / "done.json", begun_from="c" * 64)
    assert compare_runs.other_start(*pair, WHOLE) == ""


@pytest.mark.parametrize(
    ("line", "by", "beyond"),
    [
        (0, {"train_loss": 1.1, "distance": 0.8}, ""),
        (0, {"lr": 1.001}, "lr"),
        (-1, {"train_loss": 1.14, "distance": 0.95}, ""),
        (-1, {"train_loss": 1.16}, "train_loss"),
        (-1, {"distance": 0.93}, "distance"),
        (-1, {"valid_top1": 0.7}, "valid_top1"),
    ],
)
def test_begun_from_another_save_only_plan_and_end_are_compared(pair, line, by, beyond):
    edit(pair[1] / "model3.jsonl", line, **by)
    far, told = compare_runs.near(*pair, same_start=False)
    assert bool(far) == bool(beyond) and all(f": {beyond} " in of for of in far), far
    assert " first " not in told and "train_loss last" in told


def test_the_only_row_is_held_to_the_end_too(pair):
    for folder in pair:
        for log in folder.glob("model*.jsonl"):
            log.write_text(log.read_text().splitlines(keepends=True)[0])
    edit(pair[1] / "model0.jsonl", 0, train_loss=1.16)
    assert ["first row" in of for of in compare_runs.near(*pair)[0]] == [True, False]
    assert ["last row" in of for of in compare_runs.near(*pair, same_start=False)[0]] == [True]


def run(*words) -> subprocess.CompletedProcess:
    return commands.typed("src/run.py", *words)


def test_a_run_repeats_although_what_it_begins_from_does_not_to_the_bit(tmp_path):
    """Seed 1 as if both were made on another kind of machine; seed 2 as it was."""
    made = run("-m", *SHORT, "seed=1,2", f"place.runs={tmp_path}", "place.shipped=null")
    assert made.returncode == 0, made.stderr
    of_sweep = tmp_path / "laptop" / "multiview"
    edit(of_sweep / "whole" / "1" / "model0.jsonl", -1, distance=1 + 1e-12)
    edit(of_sweep / "frozen_2" / "1" / "model0.jsonl", 0, train_loss=1.03)
    found = run("repeat", *SHORT, f"place.shipped={tmp_path}")
    assert found.returncode == 0, found.stdout
    began = json.loads((of_sweep / "frozen_2" / "1" / "done.json").read_text())["begun_from"]
    told = rf"started from another checkpoint of whole/1: \w{{10}} here, {began[:10]} shipped"
    assert re.search(rf"frozen_2/1: within the tolerance \({told}\); ", found.stdout)
    assert re.search(r"frozen_2/2: the same bits, 8 models", found.stdout)


@pytest.mark.parametrize(
    ("began", "ended", "told"),
    [
        ("a" * 64, "a" * 64, []),
        (None, None, []),  # older than the digests
        ("a" * 64, "b" * 64, ["(digest aaaaaaaaaa)", "(bbbbbbbbbb)"]),
        ("a" * 64, None, ["(digest aaaaaaaaaa)", "(unknown)"]),
        (None, "b" * 64, ["(digest unknown)", "(bbbbbbbbbb)"]),
    ],
)
def test_verify_holds_a_run_to_the_save_beside_it(pair, composing, began, ended, told):
    edit(pair[0] / "done.json", begun_from=began)
    edit(pair[0].parents[1] / "whole" / "2" / "done.json", state=ended)
    found = list(
        log_audit.wrong(pair[0], jobs.single(["sweep=multiview", "arm=frozen_4", "seed=2"]).run)
    )
    assert bool(found) == bool(told) and all(word in line for line in found for word in told), found


def test_verify_names_a_run_whose_begin_is_gone(pair, composing):
    shutil.rmtree(pair[0].parents[1] / "whole")
    found = list(
        log_audit.wrong(pair[0], jobs.single(["sweep=multiview", "arm=frozen_4", "seed=2"]).run)
    )
    assert found == [
        "it started from another checkpoint (digest aaaaaaaaaa) than the last one of whole/2 (unknown)"
    ]
