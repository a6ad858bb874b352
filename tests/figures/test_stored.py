"""Packed runs are read as their folders are, without unpacking."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from codist import packed, packed_files
from codist.errors import Refused
from codist.unpacked import unpacked
from figures.evidence import results, stored

SHIPPED = unpacked(results.RESULTS)
SWEEP = "regularization"
ROWS = f"{SWEEP}{packed.ROWS}"


@pytest.fixture
def both(tmp_path):
    """Runs of two arms, in folders and packed."""
    for arm in ("all_reduce", "codist_fixed"):
        to = tmp_path / "folders" / "laptop" / SWEEP / arm
        shutil.copytree(SHIPPED / "laptop" / SWEEP / arm, to)
    packed.pack(tmp_path / "folders", tmp_path / "packed")
    return tmp_path / "folders", tmp_path / "packed"


def rewritten(path: Path, change) -> None:
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()))))


def test_both_forms_have_the_same_config_end_and_rows(both):
    in_folders, in_pack = (results.read("laptop", [SWEEP], [root]) for root in both)
    assert in_folders.keys() == in_pack.keys() and not (both[1].parent / ".unpacked").exists()
    for one, other in zip(in_folders.values(), in_pack.values(), strict=True):
        assert (one.seeds, one.done, one.configs) == (other.seeds, other.done, other.configs)
        for kept in ("rows", "models"):
            before, now = getattr(one, kept), getattr(other, kept)
            assert all(before[seed].equals(now[seed], null_equal=True) for seed in one.seeds)


def test_a_log_in_a_folder_has_the_lines_that_its_pack_has(both):
    files = packed.files(both[1])
    for one, other in zip(
        stored.runs_in(both[0], "laptop", SWEEP, []),
        stored.runs_in(both[1], "laptop", SWEEP, files),
        strict=True,
    ):
        models = one.done["models"]
        assert (
            one.logs(models) == other.logs(models)
            and one.folder.parts[-4:] == other.folder.parts[-4:]
        )


def test_rows_of_no_run_are_refused(both):
    path = both[1] / "laptop" / ROWS
    foreign = json.dumps({"arm": "foreign", "seed": 1, "model": 0, "update": 1}) + "\n"
    for change in (lambda text: foreign.encode() + text, lambda text: text + foreign.encode()):
        before = path.read_bytes()
        rewritten(path, change)
        with pytest.raises(Refused, match=f"{ROWS} has a row of no run in {SWEEP}{packed.RUNS}"):
            packed_files.read(path.with_name(SWEEP))
        path.write_bytes(before)


def test_a_run_without_its_last_rows_or_all_of_them_is_named(both):
    path = both[1] / "laptop" / ROWS
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    path.write_bytes(gzip.compress(b"".join(lines[:-1])))
    with pytest.raises(results.Unreadable, match=r"codist_fixed/.* has 1 rows of update"):
        results.read("laptop", [SWEEP], [both[1]])
    path.write_bytes(gzip.compress(b"".join(one for one in lines if b'"seed": 1,' not in one[:60])))
    with pytest.raises(
        results.Unreadable, match="all_reduce/1 is marked as finished and has no rows"
    ):
        results.read("laptop", [SWEEP], [both[1]])


def test_a_torn_packed_file_is_refused(both):
    path = both[1] / "laptop" / ROWS
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(Refused, match=f"{ROWS} cannot be read"):
        results.read("laptop", [SWEEP], [both[1]])


def test_a_packed_file_with_another_behind_it_is_refused(both):
    path = both[1] / "laptop" / ROWS
    path.write_bytes(path.read_bytes() + gzip.compress(b"{}\n"))
    with pytest.raises(Refused, match=f"{ROWS} cannot be read .other content follows"):
        results.read("laptop", [SWEEP], [both[1]])


def test_rows_of_a_model_that_the_run_does_not_have_are_named(both):
    """In number they are right: as many models have each update."""
    change = (b'"codist_fixed", "seed": 2, "model": 1,', b'"codist_fixed", "seed": 2, "model": 3,')
    rewritten(both[1] / "laptop" / ROWS, lambda text: text.replace(*change))
    with pytest.raises(
        results.Unreadable, match="codist_fixed/2 has rows of other models than its 2"
    ):
        results.read("laptop", [SWEEP], [both[1]])
