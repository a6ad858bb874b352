"""Criteo's train.txt: read as it is written, refused with its line where it is not, resumed where it stopped."""

import gzip
import hashlib
import io
import json
import math
import os
import random
import signal
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import pytest
import torch

import workloads
from codist.errors import Refused
from codist.workload import Draw
from workloads import prepare
from workloads.clicks import criteo, packing
from workloads.clicks.options import Clicks
from workloads.sources import Archive, File

SOURCE = str(Path(__file__).parents[2] / "src")
ROWS = 30  # 26 to train, 4 to validate


def written(rows: int = ROWS) -> list[str]:
    """Lines of the real format: counts, some negative, and hashes, a fifth of both missing."""
    drawn = random.Random(1)

    def field(value: str) -> str:
        return "" if drawn.random() < 0.2 else value

    return [
        "\t".join(
            [
                str(nth % 2),
                *(field(str(int(drawn.expovariate(0.01)) - 3)) for _ in range(13)),
                *(field(f"{drawn.getrandbits(32):08x}") for _ in range(26)),
            ]
        )
        + "\n"
        for nth in range(rows)
    ]


LINES = written()


def put(data: Path, lines: list[str] = LINES) -> Path:
    """<data>/criteo/train.txt"""
    path = data / "criteo" / "train.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
    return path


def options(**changes) -> Clicks:
    return Clicks(
        **{"rows": "criteo", "layers": [4], "embedding": 2, "buckets": 11, "criteo_rows": ROWS}
        | changes
    )


def packed(data: Path, archives: tuple[Archive, ...] = ()) -> Path:
    """The prepared folder of <data>/criteo, which is prepared now unless it is there."""
    return prepare.prepare("criteo", data, 1, table={"criteo": archives})[0]


def command(data: Path) -> subprocess.Popen:
    """The running command that prepares Criteo's clicks."""
    return subprocess.Popen(
        [sys.executable, "-m", "workloads.prepare", "criteo", "--data", data.name],
        cwd=data.parent,
        env=os.environ | {"PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---- what is read


def test_every_number_category_and_label_is_read_where_it_lies(tmp_path):
    put(tmp_path)
    packed(tmp_path)
    options().ready(str(tmp_path))
    workload = workloads.open(options(), str(tmp_path))
    assert (len(workload.train), len(workload.valid)) == (26, 4)
    for split, lines, index in (
        (workload.train, LINES[:26], [Draw(3, 0), Draw(0, 0), Draw(25, 0)]),
        (workload.valid, LINES[26:], [3, 0, 1]),
    ):
        batch = split.__getitems__(index)
        for row, at in enumerate(index):
            fields = lines[at.index if isinstance(at, Draw) else at][:-1].split("\t")
            assert batch.y[row] == int(fields[0])
            numbers = [math.log(1 + max(int(text or 0), 0)) for text in fields[1:14]]
            assert torch.allclose(batch.x[0][row], torch.tensor(numbers))
            buckets = [1 + int(text, 16) % 10 if text else 0 for text in fields[14:]]
            assert batch.x[1][row].tolist() == [
                11 * column + one for column, one in enumerate(buckets)
            ]


def test_the_network_takes_what_is_read_and_its_area_is_measured(tmp_path):
    put(tmp_path)
    packed(tmp_path)
    workload = workloads.open(options(), str(tmp_path))
    network = workload.network(0)
    assert network(workload.valid.__getitems__([0, 1]).x).shape == (2, 2)
    assert 0 <= workload.final(network)["valid_auc"] <= 1
    assert workload.frequencies().tolist() == [0.5, 0.5]


def test_the_last_seventh_of_the_published_rows_is_for_validation():
    """6,548,659 of 45,840,617, as the last of DLRM's seven days."""
    assert (Clicks(rows="criteo").examples, Clicks(rows="criteo").valid_examples) == (
        39_291_958,
        6_548_659,
    )


# ---- what is refused

A, B = LINES[4], LINES[4][:-1].split("\t")  # line 5


def replaced(column: int, text: str) -> str:
    return "\t".join([*B[:column], text, *B[column + 1 :]]) + "\n"


WRONG = {
    "a column too few": (
        "\t".join(B[:-1]) + "\n",
        "has 39 columns, separated by tabs, expected 40",
    ),
    "a column too many": (A[:-1] + "\t\n", "has 41 columns"),
    "commas": (A.replace("\t", ","), "has 1 columns"),
    "the test set, without labels": ("\t".join(B[1:]) + "\n", "has 39 columns"),
    "an empty line": ("\n", "has 1 columns"),
    "another label": (replaced(0, "2"), "label must be 0 or 1, got '2'"),
    "no label": (replaced(0, ""), "label must be 0 or 1, got ''"),
    "a fraction": (replaced(3, "1.5"), "I3 must be up to nine digits or empty, got '1.5'"),
    "a number of ten digits": (replaced(13, "1" * 10), "I13 must be up to nine digits or empty"),
    "no hash": (replaced(14, "click"), "C1 must be eight digits of 0-9a-f or empty, got 'click'"),
    "a short hash": (replaced(39, "68fd1e6"), "C26 must be eight digits of 0-9a-f or empty, got"),
    "Windows' line ends": (A[:-1] + "\r\n", r"C26 must be eight digits of 0-9a-f or empty, got '"),
    "a line beyond the bound": (replaced(20, "a" * 2000), "is longer than 1,024 bytes"),
    "a file without line feeds": ("a" * 10**6, "is longer than 1,024 bytes"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_line_of_another_form_is_named_with_what_is_wrong_in_it(tmp_path, case):
    line, told = WRONG[case]
    path = put(tmp_path, [*LINES[:4], line, *LINES[5:]])
    with pytest.raises(Refused) as refused:
        packed(tmp_path)
    said = str(refused.value)
    assert said.startswith(f"{path}, line 5 of train.txt {told}") and "\n" not in said, said
    with pytest.raises(Refused, match="criteo is not prepared in"):
        options().ready(str(tmp_path))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            "".join(LINES)[:-1].encode(),
            "line 30 of train.txt ends without a line feed: the file is",
        ),
        (
            "".join(LINES)[:-9].encode(),
            "line 30 of train.txt ends without a line feed: the file is",
        ),
        (A.encode() + b"\xff\t" + A.encode(), "line 2 of train.txt byte 1 is not UTF-8"),
        (gzip.compress(b"0", mtime=0), "line 1 of train.txt byte 2 is not UTF-8"),
        (b"", "train.txt is empty; put Criteo's train.txt there"),
    ],
    ids=["its last byte cut off", "its last column cut off", "bytes", "an archive", "nothing"],
)
def test_a_truncated_a_foreign_and_an_empty_file_are_refused(tmp_path, content, told):
    put(tmp_path).write_bytes(content)
    with pytest.raises(Refused) as refused:
        packed(tmp_path)
    assert told in str(refused.value) and "\n" not in str(refused.value)


def test_a_line_without_an_end_is_not_read_into_memory():
    [block] = packing.blocks(io.BytesIO(b"a" * 10**6))
    assert {len(line) for line in block[:-1]} == {criteo.BOUND + 1}


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (os.mkfifo, "expected a file, got a FIFO"),
        (os.mkdir, "expected a file, got a folder"),
        (lambda path: os.symlink("nowhere", path), "expected a file, got a dangling link"),
    ],
)
def test_what_is_no_file_is_refused(tmp_path, make, told):
    put(tmp_path).unlink()
    make(tmp_path / "criteo" / "train.txt")
    with pytest.raises(Refused, match=f"criteo/train.txt: {told}; move it away"):
        packed(tmp_path)


DAMAGED = {
    "an empty meta.json": lambda folder: (folder / "meta.json").write_text(""),
    "a meta.json that is a list": lambda folder: (folder / "meta.json").write_text("[]"),
    "another form": lambda folder: (folder / "meta.json").write_text('{"rows": 30, "form": 0}'),
    "a byte too few": lambda folder: (folder / "numbers.bin").write_bytes(
        (folder / "numbers.bin").read_bytes()[:-1]
    ),
    "a file too few": lambda folder: (folder / "labels.bin").unlink(),
}
TOLD = {
    "an empty meta.json": "meta.json cannot be read: ",
    "a meta.json that is a list": "meta.json cannot be read: ",
    "another form": "was prepared in form 0, expected 1; remove",
    "a byte too few": "numbers.bin: expected a file of 1,560 bytes; remove",
    "a file too few": "labels.bin: expected a file of 30 bytes; remove",
}


@pytest.mark.parametrize("case", DAMAGED)
def test_damaged_prepared_files_are_refused_before_training(tmp_path, case):
    put(tmp_path)
    folder = packed(tmp_path)
    options().ready(str(tmp_path))
    DAMAGED[case](folder)
    with pytest.raises(Refused) as refused:
        options().ready(str(tmp_path))
    assert TOLD[case] in str(refused.value) and "\n" not in str(refused.value)


def test_rows_of_another_number_are_refused_with_theirs(tmp_path):
    put(tmp_path)
    packed(tmp_path)
    with pytest.raises(
        Refused, match=r"criteo_rows=31, and .* 30 rows; set workload.criteo_rows=30$"
    ):
        options(criteo_rows=31).ready(str(tmp_path))


def test_as_many_rows_as_criteos_that_are_not_criteos_are_refused(tmp_path, monkeypatch):
    """The published file is pretended to have 30 lines."""
    monkeypatch.setattr(criteo, "CRITEO_ROWS", ROWS)
    path = put(tmp_path)
    packed(tmp_path)
    with pytest.raises(
        Refused, match=r"train.txt with another MD5 than the published one, 4dcfe6c4"
    ):
        options().ready(str(tmp_path))
    monkeypatch.setattr(criteo, "CRITEO_MD5", hashlib.md5(path.read_bytes()).hexdigest())
    options().ready(str(tmp_path))


def test_validation_rows_of_one_label_are_refused(tmp_path):
    put(tmp_path, ["0" + line[1:] for line in LINES])
    packed(tmp_path)
    with pytest.raises(Refused, match="all 4 validation examples have one label"):
        workloads.open(options(), str(tmp_path))


# ---- interrupted, resumed, repeated


def test_the_command_prepares_once(tmp_path):
    put(tmp_path / "data")
    for told in ("is ready", "was there already"):
        process = command(tmp_path / "data")
        out, err = process.communicate()
        assert (process.returncode, err) == (0, "") and out.endswith(f" {told}: 30 rows\n")


def test_killed_at_any_time_it_goes_on_from_there_and_ends_with_the_same_bytes(tmp_path):
    """kill -9 of the real command, once it has packed some of its 150,000 rows."""
    lines = written(3000) * 50
    put(tmp_path / "data", lines)
    put(tmp_path / "whole", lines)
    process, until = command(tmp_path / "data"), time.monotonic() + 100
    while not (found := [*(tmp_path / "data" / "criteo").glob(".prepared-*/progress.json")]):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert 0 < json.loads(found[0].read_text())["rows"] < 150_000
    with pytest.raises(Refused, match="criteo is not prepared in"):
        options().ready(str(tmp_path / "data"))
    folder = packed(tmp_path / "data")
    assert content(folder) == content(packed(tmp_path / "whole"))
    assert not found[0].exists()


@pytest.fixture
def stopped(tmp_path, monkeypatch):
    """The folder of a preparation that was stopped after 20 of 30 rows; its first label was changed to 9."""
    monkeypatch.setattr(packing, "AT_ONCE", 10)
    put(tmp_path)
    parsed, blocks = criteo.parsed, []

    def twice(lines):
        blocks.append(lines)
        if len(blocks) == 3:
            raise KeyboardInterrupt
        return parsed(lines)

    monkeypatch.setattr(packing, "parsed", twice)
    with pytest.raises(KeyboardInterrupt):
        packed(tmp_path)
    monkeypatch.setattr(packing, "parsed", parsed)
    [work] = (tmp_path / "criteo").glob(".prepared-*")
    with open(work / "labels.bin", "r+b") as file:
        file.write(b"\x09")
    return work


def test_rows_that_are_packed_are_not_packed_again(tmp_path, stopped):
    for name, width in criteo.WIDTHS.items():  # of a block that was not counted yet
        with open(stopped / f"{name}.bin", "ab") as file:
            file.write(b"x" * (3 * width + 1))
    labels = (packed(tmp_path) / "labels.bin").read_bytes()
    assert labels == b"\x09" + bytes(int(line[0]) for line in LINES[1:])


@pytest.mark.parametrize("damage", ["progress.json", "a shorter file"])
def test_what_is_damaged_is_packed_again(tmp_path, stopped, damage):
    if damage == "progress.json":
        (stopped / "progress.json").write_text('{"rows": 20')
    else:
        (stopped / "labels.bin").write_bytes(b"\x09" * 19)
    put(tmp_path / "whole")
    assert content(packed(tmp_path)) == content(packed(tmp_path / "whole"))


def test_another_train_txt_does_not_go_on_from_the_rows_of_the_first(tmp_path, stopped):
    lines = [LINES[7], *LINES[1:]]
    put(tmp_path, lines)
    put(tmp_path / "whole", lines)
    assert content(packed(tmp_path)) == content(packed(tmp_path / "whole"))
    assert not stopped.exists()


# ---- the published archive


def archive_of(path: Path, members: dict[str, str]) -> Archive:
    path.parent.mkdir(exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for name, text in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(text)
            archive.addfile(header, io.BytesIO(text.encode()))
    md5 = hashlib.md5(path.read_bytes()).hexdigest()
    return Archive(f"https://go.criteo.net/{path.name}", File(path.stat().st_size, md5=md5))


MEMBERS = {"readme.txt": "read", "test.txt": "1\n", "train.txt": "".join(LINES)}


def test_without_train_txt_that_of_the_archive_is_packed_without_unpacking_it(tmp_path):
    put(tmp_path / "whole")
    whole = content(packed(tmp_path / "whole"))
    archive = archive_of(tmp_path / "criteo" / "clicks.tar.gz", MEMBERS)
    found = content(packed(tmp_path, (archive,)))
    assert {name for name in whole if found[name] != whole[name]} == {"meta.json"}
    assert {path.name.partition("-")[0] for path in (tmp_path / "criteo").iterdir()} == {
        "clicks.tar.gz",
        "prepared",
        ".lock",
    }


def test_an_archive_too_goes_on_from_the_rows_that_are_packed(tmp_path, stopped):
    archive = archive_of(tmp_path / "criteo" / "clicks.tar.gz", MEMBERS)
    meta = {"form": criteo.FORM}
    packing.make(stopped, tmp_path / "criteo" / archive.name, 1, meta)
    labels = (stopped / "labels.bin").read_bytes()
    assert labels == b"\x09" + bytes(int(line[0]) for line in LINES[1:])


def test_another_archive_is_refused(tmp_path):
    path = tmp_path / "criteo" / "clicks.tar.gz"
    archive = archive_of(path, {"train.csv": "".join(LINES)})
    with pytest.raises(Refused, match=r"clicks.tar.gz has no train.txt; move it away"):
        packed(tmp_path, (archive,))
    with open(path, "ab") as file:
        file.write(b"\0")
    with pytest.raises(Refused, match=r"clicks.tar.gz has .* bytes, not .*; move it away"):
        packed(tmp_path, (archive,))


# ---- options


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"rows": "critoe"}, "workload.rows=critoe is not known; did you mean criteo?"),
        ({"layers": []}, "workload.layers must be one number or more"),
        ({"layers": [8, 0]}, r"each 1 or more, and embedding 1 or more, got \[8, 0\] and 2"),
        ({"embedding": 0}, "embedding 1 or more"),
        ({"buckets": 1}, "workload.buckets must be 2 or more, got 1"),
        ({"criteo_rows": 6}, "workload.criteo_rows must be 7 or more, got 6"),
    ],
)
def test_options_that_cannot_be_are_refused(changes, told):
    with pytest.raises(Refused, match=told):
        options(**changes).check(1)
