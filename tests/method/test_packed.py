"""Packed runs: they come back to the byte, are read by polars in one line, and damage is found."""

import gzip
import json
from pathlib import Path

import polars
import pytest

from codist import packed
from codist.errors import Refused
from launch.pack import main

SHIPPED = Path(__file__).parents[2] / "paper" / "results" / "laptop"
ARMS = (
    ("regularization", "all_reduce"),
    ("regularization", "codist_mse_sum"),
    ("translation", "wmt_codist"),
)


@pytest.fixture
def runs(tmp_path):
    """Finished runs of three arms, one of them with BLEU, as they were shipped."""
    for sweep, arm in ARMS:
        for seed in (1, 2):
            from_, to = (
                root / sweep / arm / str(seed) for root in (SHIPPED, tmp_path / "runs/laptop")
            )
            to.mkdir(parents=True)
            for path in from_.iterdir():
                (to / path.name).write_bytes(path.read_bytes())
    return tmp_path / "runs"


def contents(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_unpacked_runs_equal_the_packed_ones_to_the_byte(runs, tmp_path):
    assert packed.pack(runs, tmp_path / "packed") == 6
    assert packed.unpack(tmp_path / "packed", tmp_path / "again") == 6
    assert contents(tmp_path / "again") == contents(runs)


def test_packing_again_gives_the_same_bytes(runs, tmp_path):
    for name in ("one", "other"):
        packed.pack(runs, tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "other")
    assert len(contents(tmp_path / "one")) == 4  # two files for each of two sweeps


def test_polars_reads_all_rows_of_a_sweep_in_one_line(runs, tmp_path):
    packed.pack(runs, tmp_path / "packed")
    rows = polars.read_ndjson(
        gzip.open(tmp_path / "packed/laptop/regularization.rows.jsonl.gz").read()
    )
    last = rows.filter(arm="all_reduce", seed=2).sort("update")["valid_top1"][-1]
    log = (runs / "laptop/regularization/all_reduce/2/model0.jsonl").read_text().splitlines()
    assert last == json.loads(log[-1])["valid_top1"]
    ends = [
        json.loads(line) for line in gzip.open(tmp_path / "packed/laptop/translation.runs.jsonl.gz")
    ]
    assert [(end["arm"], end["seed"], end["done"]["outcome"]) for end in ends] == [
        ("wmt_codist", 1, "finished"), ("wmt_codist", 2, "finished")]  # fmt: skip


def test_a_root_is_unpacked_once_and_again_when_it_changes(runs, tmp_path):
    root = tmp_path / "packed"
    assert packed.unpacked(runs) == runs  # nothing is packed there
    packed.pack(runs, root)
    first = packed.unpacked(root)
    assert contents(first) == contents(runs)
    when = (first / "laptop").stat().st_mtime_ns
    assert packed.unpacked(root) == first and (first / "laptop").stat().st_mtime_ns == when
    (runs / "laptop/translation/wmt_codist/2/done.json").unlink()
    packed.pack(runs, root)
    assert packed.unpacked(root) != first
    assert not (packed.unpacked(root) / "laptop/translation/wmt_codist/2").exists()


def test_a_changed_number_does_not_have_its_digest(runs, tmp_path):
    packed.pack(runs, tmp_path / "packed")
    path = tmp_path / "packed/laptop/regularization.rows.jsonl.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    packed.write(path, text.replace('"valid_top1": 9', '"valid_top1": 8', 1))
    with pytest.raises(Refused, match=r"all_reduce/1 does not have its SHA-256; restore the file"):
        packed.unpack(tmp_path / "packed", tmp_path / "again")


def test_what_cannot_be_packed_is_refused_in_one_line(runs, tmp_path, capsys):
    done = runs / "laptop/regularization/all_reduce/1/done.json"
    before = done.read_text()
    done.write_text(before.replace('"commit": "', '"commit": "0123-dirty", "was": "'))
    assert main(["pack", str(runs), str(tmp_path / "packed")]) == 2
    assert "was trained by changed files" in capsys.readouterr().err
    done.write_text(before.replace("\n", ""))
    assert main(["pack", str(runs), str(tmp_path / "packed")]) == 2
    assert "is not as it was written" in capsys.readouterr().err
    assert main(["unpack", str(runs), str(runs)]) == 2
    assert "is not empty; name a new folder" in capsys.readouterr().err
    assert main(["squeeze"]) == 2 and "expected pack or unpack" in capsys.readouterr().err
    assert main(["pack", str(tmp_path / "nowhere"), "x"]) == 2
    assert "is no folder" in capsys.readouterr().err


def test_a_damaged_file_is_named(runs, tmp_path):
    packed.pack(runs, tmp_path / "packed")
    path = tmp_path / "packed/laptop/translation.runs.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(Refused, match=r"translation.runs.jsonl.gz cannot be read"):
        packed.unpack(tmp_path / "packed", tmp_path / "again")
