"""Packed runs: they come back to the byte, single runs are added or replaced, and damage is found."""

import gzip
import json
import shutil
import threading
from pathlib import Path

import polars
import pytest

from codist import packed, run_lines
from codist.errors import Refused
from codist.unpacked import name_of, unpacked
from launch.pack import main

ROOT = Path(__file__).parents[2]
SHIPPED = unpacked(ROOT / "paper" / "results") / "laptop"
ARMS = (
    ("regularization", "all_reduce"),
    ("regularization", "codist_mse_sum"),
    ("translation", "wmt_codist"),
)
TRANSLATION, FIRST = "laptop/translation/wmt_codist", "laptop/regularization/all_reduce/1"


@pytest.fixture
def runs(tmp_path):
    """Finished runs of three arms, one of them with BLEU, as they were shipped."""
    for sweep, arm in ARMS:
        for seed in ("1", "2"):
            to = tmp_path / "runs/laptop" / sweep / arm / seed
            shutil.copytree(SHIPPED / sweep / arm / seed, to)
    return tmp_path / "runs"


@pytest.fixture
def root(runs, tmp_path):
    """The same, packed."""
    packed.pack(runs, tmp_path / "packed")
    return tmp_path / "packed"


def contents(root):
    return {path.relative_to(root): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def edit(path, change):
    """Change the text of a packed file."""
    path.write_bytes(gzip.compress(change(gzip.decompress(path.read_bytes()).decode()).encode()))


def test_unpacked_runs_equal_the_packed_ones_to_the_byte(runs, root, tmp_path):
    assert packed.unpack(root, tmp_path / "again") == 6
    assert contents(tmp_path / "again") == contents(runs)


@pytest.mark.parametrize("shipped", ["results", "fresh"])
def test_what_ships_comes_back_and_packs_to_the_same_bytes(shipped, tmp_path):
    root = ROOT / "paper" / shipped
    packed.pack(unpacked(root), tmp_path)
    of_root = {name: data for name, data in contents(root).items() if name.suffix == ".gz"}
    # another zlib may compress otherwise; the lines are the same
    plain = [
        {name: gzip.decompress(data) for name, data in files.items()}
        for files in (of_root, contents(tmp_path))
    ]
    assert plain[0] == plain[1] and len(plain[0]) > 10


def test_packing_again_gives_the_same_bytes(runs, root, tmp_path):
    packed.pack(runs, tmp_path / "other")
    assert contents(root) == contents(tmp_path / "other")
    assert len(contents(root)) == 4  # two files for each of two sweeps
    when = {path: path.stat().st_mtime_ns for path in packed.files(root)}
    packed.pack(runs, root)  # nothing to write
    assert {path: path.stat().st_mtime_ns for path in packed.files(root)} == when


def test_a_run_is_added_or_replaced_and_all_others_stay(runs, root, tmp_path):
    whole = contents(runs)
    new = tmp_path / "new"
    shutil.move(runs / FIRST, new / FIRST)
    third = new / FIRST.replace("/1", "/3")
    shutil.copytree(new / FIRST, third)
    done = json.loads((new / FIRST / "done.json").read_text()) | {"seconds": 0.5}
    (new / FIRST / "done.json").write_text(run_lines.text_of(done))
    shutil.copytree(runs / TRANSLATION / "2", new / TRANSLATION / "2")
    counts, left_out = packed.pack(new, root)
    assert (counts, left_out) == ({"added": 1, "replaced": 1, "unchanged": 1}, [])
    packed.unpack(root, tmp_path / "again")
    expected = whole | contents(new)
    assert contents(tmp_path / "again") == expected
    assert {name for name in expected if expected[name] != whole.get(name)} == {
        Path(FIRST) / "done.json", *(name for name in contents(new) if name.parts[3] == "3")}  # fmt: skip


def test_in_any_order_runs_are_packed_to_the_same_bytes(runs, root, tmp_path):
    parts = tmp_path / "first", tmp_path / "second"
    for folder in sorted(runs.glob("*/*/*/*")):
        name = folder.relative_to(runs)
        shutil.copytree(folder, parts[int(folder.name) % 2] / name)
    for part in parts:
        packed.pack(part, tmp_path / "other")
    assert contents(root) == contents(tmp_path / "other")


def test_only_the_named_scales_are_packed(runs, tmp_path, capsys):
    assert main(["pack", str(runs), str(tmp_path / "packed"), "gpu"]) == 2
    assert f"no finished run is in {runs}/gpu/" in capsys.readouterr().err
    assert main(["pack", str(runs), str(tmp_path / "packed"), "gpu", "laptop"]) == 0
    assert capsys.readouterr().out == f"6 runs of {runs} in {tmp_path / 'packed'}: 6 added\n"


def test_polars_reads_all_rows_of_a_sweep_in_one_line(runs, root):
    rows = polars.read_ndjson(gzip.open(root / "laptop/regularization.rows.jsonl.gz").read())
    last = rows.filter(arm="all_reduce", seed=2).sort("update")["valid_top1"][-1]
    log = (runs / "laptop/regularization/all_reduce/2/model0.jsonl").read_text().splitlines()
    assert last == json.loads(log[-1])["valid_top1"]
    ends = [json.loads(line) for line in gzip.open(root / "laptop/translation.runs.jsonl.gz")]
    assert [(end["arm"], end["seed"], end["done"]["outcome"]) for end in ends] == [
        ("wmt_codist", 1, "finished"), ("wmt_codist", 2, "finished")]  # fmt: skip


def test_a_root_is_unpacked_once_and_again_when_it_changes(runs, root):
    assert unpacked(runs) == runs  # nothing is packed there
    first = unpacked(root)
    assert contents(first) == contents(runs)
    assert name_of(first / FIRST) == root / FIRST and name_of(runs / FIRST) == runs / FIRST
    when = (first / "laptop/translation").stat().st_mtime_ns
    assert unpacked(root) == first
    assert (first / "laptop/translation").stat().st_mtime_ns == when
    shutil.move(runs / TRANSLATION / "2", runs / TRANSLATION / "7")
    packed.pack(runs, root)
    assert unpacked(root) != first
    assert {path.name for path in (unpacked(root) / TRANSLATION).iterdir()} == {"1", "2", "7"}


def test_only_what_is_wanted_is_unpacked(root):
    place = unpacked(root, [("laptop", "translation"), ("gpu", "regularization")])
    assert [path.name for path in place.glob("*/*")] == ["translation"]
    assert {path.name for path in unpacked(root).glob("*/*")} == {"translation", "regularization"}


def test_a_process_that_was_slower_finds_what_the_other_unpacked(runs, root, monkeypatch):
    """Both have seen that nothing is unpacked yet; the folder is there when this one renames its own."""
    barrier, unpack_sweep = threading.Barrier(2), packed.unpack_sweep

    def at_once(*arguments):
        barrier.wait(timeout=20)
        return unpack_sweep(*arguments)

    monkeypatch.setattr(packed, "unpack_sweep", at_once)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(unpacked(root, [("laptop", "translation")])))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 2 and found[0] == found[1]
    assert contents(found[0] / "laptop/translation") == contents(runs / "laptop/translation")
    assert [path.name for path in found[0].parent.iterdir()] == [found[0].name]


def test_a_root_with_packed_runs_and_run_folders_is_refused(runs, root):
    shutil.copytree(runs / FIRST, root / FIRST)
    with pytest.raises(
        Refused, match=rf"has packed runs and 1 run folders, the first {FIRST}; move these away"
    ):
        unpacked(root)
    packed.pack(root, root)  # as the message says
    shutil.rmtree(root / "laptop/regularization")
    assert contents(unpacked(root)) == contents(runs)


def test_a_changed_number_does_not_have_its_digest(root, tmp_path):
    path = root / "laptop/regularization.rows.jsonl.gz"
    edit(path, lambda text: text.replace('"valid_top1": 9', '"valid_top1": 8', 1))
    told = "regularization.runs.jsonl.gz: all_reduce/1 does not have its SHA-256; restore it"
    with pytest.raises(Refused, match=told):
        packed.unpack(root, tmp_path / "again")


FAULTS = {
    "a row of no run": (
        "rows",
        lambda text: text.replace('"seed": 2', '"seed": 9', 1),
        "regularization.rows.jsonl.gz has a row of no run in regularization.runs.jsonl.gz",
    ),
    "a row of no model": (
        "rows",
        lambda text: text.replace('"model": 0', '"model": 5', 1),
        "all_reduce/1 does not have its SHA-256",
    ),
    "a run twice": ("runs", lambda text: text + text, "a line that is no run, or a run twice"),
    "a line that is no run": ("runs", lambda text: text + "{}\n", "a line that is no run"),
    "an arm that leads elsewhere": (
        "runs",
        lambda text: text.replace('"all_reduce"', '"../all_reduce"', 1),
        "a line that is no run",
    ),
    "something more of a run": (
        "runs",
        lambda text: text.replace('"config"', '"note": 1, "config"', 1),
        "all_reduce/1 does not have its SHA-256",
    ),
    "a run without its end": (
        "runs",
        lambda text: text.replace('"done"', '"Done"', 1),
        "all_reduce/1 does not have its SHA-256",
    ),
}


@pytest.mark.parametrize(("form", "change", "message"), FAULTS.values(), ids=FAULTS)
def test_what_pack_does_not_write_is_refused(root, tmp_path, form, change, message):
    edit(root / f"laptop/regularization.{form}.jsonl.gz", change)
    with pytest.raises(Refused, match=message):
        packed.unpack(root, tmp_path / "again")


@pytest.mark.parametrize("form", ["runs", "rows"])
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_a_damaged_or_missing_file_is_named(runs, root, form, harm, tmp_path):
    path = root / f"laptop/translation.{form}.jsonl.gz"
    path.unlink() if harm == "gone" else path.write_bytes(path.read_bytes()[:-30])
    before = contents(root)
    for command in (
        lambda: packed.unpack(root, tmp_path / "again"),
        lambda: packed.pack(runs, root),
    ):
        with pytest.raises(Refused, match=rf"translation.{form}.jsonl.gz cannot be read"):
            command()
    assert contents(root) == before  # not even the sweep that could be


def test_a_run_of_changed_code_is_left_out_and_named(runs, tmp_path, capsys):
    done = runs / FIRST / "done.json"
    done.write_text(done.read_text().replace('"commit": "', '"commit": "0123-dirty", "was": "'))
    assert main(["pack", str(runs), str(tmp_path / "packed")]) == 0
    told = capsys.readouterr()
    assert told.err.startswith(f"left out: {runs / FIRST} was trained by changed files")
    assert told.err.count("\n") == 1 and told.out.endswith(": 5 added\n")
    assert not (unpacked(tmp_path / "packed") / FIRST).exists()


def crlf(path):
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


HARM = {
    "its end is written otherwise": ("done.json", crlf, "is not as it was written"),
    "its config is gone": ("config.yaml", Path.unlink, "config.yaml cannot be read"),
    "its config is no text": (
        "config.yaml",
        lambda path: path.write_bytes(b"\xff"),
        "config.yaml cannot be read",
    ),
    "a log is gone": ("model0.jsonl", Path.unlink, "has 0 logs of 1 models"),
    "its last line is cut": (
        "model0.jsonl",
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        "has a line that is no row",
    ),
}


@pytest.mark.parametrize(("name", "harm", "message"), HARM.values(), ids=HARM)
def test_a_run_that_would_not_come_back_is_refused_and_nothing_is_written(
    runs, tmp_path, capsys, name, harm, message
):
    harm(runs / FIRST / name)
    assert main(["pack", str(runs), str(tmp_path / "packed")]) == 2
    err = capsys.readouterr().err
    assert message in err and FIRST in err and err.count("\n") == 1
    assert not (tmp_path / "packed").exists()


def test_a_config_with_other_ends_of_lines_comes_back(runs, tmp_path):
    crlf(runs / FIRST / "config.yaml")
    packed.pack(runs, tmp_path / "packed")
    assert contents(unpacked(tmp_path / "packed")) == contents(runs)


def test_what_is_asked_wrongly_is_told_in_one_line(runs, tmp_path, capsys):
    nowhere = str(tmp_path / "nowhere")
    for words, message in (
        (["unpack", str(runs), str(runs)], "is not empty; name a new folder"),
        (["unpack", str(runs), nowhere], "has no packed runs"),
        (["squeeze"], "expected pack FROM TO [SCALE ...], or unpack FROM TO; got squeeze"),
        (["pack", nowhere, "x"], "is no folder"),
    ):
        assert main(words) == 2
        err = capsys.readouterr().err
        assert message in err and err.count("\n") == 1
