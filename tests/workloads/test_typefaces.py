"""Twelve typefaces of matplotlib: which characters they distinguish, and their bitmaps on the disk."""

import multiprocessing
import os
import shutil
from pathlib import Path

import numpy
import pytest
from matplotlib import get_data_path
from matplotlib.ft2font import FT2Font
from permissions import forbidden, reached

import workloads
from codist.errors import Refused
from workloads import cached
from workloads.glyphs.options import Glyphs
from workloads.images import typefaces
from workloads.images.faces import BITMAPS, CHARACTERS, TRAIN, VALID


@pytest.fixture(scope="module")
def data(bitmaps, tmp_path_factory):
    """A data folder with the bitmaps in it, for tests that also damage it."""
    return str(shutil.copytree(bitmaps, tmp_path_factory.mktemp("data"), dirs_exist_ok=True))


def test_twelve_typefaces_share_2383_characters_and_tell_1261_of_them_apart(data):
    folder = Path(get_data_path(), "fonts", "ttf")
    there = {path.stem for path in folder.glob("DejaVu*.ttf") if "Display" not in path.stem}
    assert there == set(TRAIN + VALID) and len(TRAIN + VALID) == 12
    shared = set.intersection(
        *(set(FT2Font(str(folder / f"{face}.ttf")).get_charmap()) for face in there)
    )
    table = typefaces.glyphs(TRAIN + VALID, data, BITMAPS)
    assert len(shared) == 2383 and len(table) == CHARACTERS == 1261
    assert set(table["character"].tolist()) <= shared


def test_look_alikes_are_dropped_but_the_first(data):
    kept = {
        chr(character) for character in typefaces.glyphs(TRAIN + VALID, data, BITMAPS)["character"]
    }
    latin, greek, cyrillic = "A", "\N{GREEK CAPITAL LETTER ALPHA}", "\N{CYRILLIC CAPITAL LETTER A}"
    assert latin in kept and not {greek, cyrillic} & kept


def test_every_character_is_whole_and_in_the_middle(data):
    for drawing in typefaces.glyphs(TRAIN + VALID, data, BITMAPS)["bitmap"].reshape(-1, 32, 32):
        rows, columns = (numpy.flatnonzero(drawing.any(1 - axis)) for axis in (0, 1))
        for inked in (rows, columns):
            assert abs(inked[0] - (31 - inked[-1])) <= 1


# ---- the bitmaps, kept on the disk


def test_a_second_opening_draws_nothing(data, monkeypatch):
    monkeypatch.setattr(typefaces, "drawn", lambda *_: pytest.fail("drawn again"))
    Glyphs().ready(data)
    workloads.open(Glyphs(classes=3), data)


@pytest.mark.parametrize(
    "damage",
    [lambda whole: whole[:-1], lambda whole: b"\1" + whole[1:], lambda whole: b""],
    ids=["cut short", "another byte", "empty"],
)
def test_a_damaged_file_is_drawn_anew(data, monkeypatch, damage):
    path = typefaces.path_of(data, BITMAPS)
    whole, times = path.read_bytes(), []
    as_drawn = numpy.frombuffer(whole, "u1")
    monkeypatch.setattr(typefaces, "drawn", lambda *_: times.append(1) or as_drawn)
    path.write_bytes(damage(whole))
    workloads.open(Glyphs(classes=3), data)
    assert times == [1] and path.read_bytes() == whole


@pytest.mark.parametrize(
    "make",
    [os.mkfifo, lambda path: path.symlink_to("nowhere"), lambda path: path.symlink_to(path.name)],
    ids=["FIFO", "dangling link", "loop"],
)
def test_what_is_no_file_is_drawn_anew_in_its_place(tmp_path, data, monkeypatch, make):
    path, whole = (
        typefaces.path_of(str(tmp_path), BITMAPS),
        typefaces.path_of(data, BITMAPS).read_bytes(),
    )
    monkeypatch.setattr(typefaces, "drawn", lambda *_: numpy.frombuffer(whole, "u1"))
    path.parent.mkdir()
    make(path)
    Glyphs().ready(str(tmp_path))
    assert path.is_file() and not path.is_symlink() and path.read_bytes() == whole


def test_where_the_bitmaps_cannot_be_kept_one_line_says_so_before_anything_is_trained(
    tmp_path, data, monkeypatch
):
    reached(tmp_path, monkeypatch)
    whole = typefaces.path_of(data, BITMAPS).read_bytes()
    monkeypatch.setattr(typefaces, "drawn", lambda *_: numpy.frombuffer(whole, "u1"))
    (path := typefaces.path_of("here", BITMAPS)).mkdir(parents=True)
    with pytest.raises(
        Refused,
        match=rf"^{path} cannot be written: Is a directory; make it writable, or choose anoth",
    ):
        Glyphs().ready("here")
    assert list(path.parent.iterdir()) == [path]
    path.rmdir()
    with (
        forbidden(path.parent),
        pytest.raises(Refused, match=rf"^{path} cannot be written: Permission denied; make"),
    ):
        Glyphs().ready("here")


def test_processes_that_draw_at_once_do_no_harm(tmp_path, data):
    whole = typefaces.path_of(data, BITMAPS).read_bytes()
    path = typefaces.path_of(str(tmp_path), BITMAPS)
    processes = [
        multiprocessing.get_context("fork").Process(target=kept_often, args=(path, whole))
        for _ in range(3)
    ]
    for process in processes:
        process.start()
    while any(process.is_alive() for process in processes):
        assert not path.exists() or cached.digest(path.read_bytes()) == BITMAPS
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [path.name for path in (tmp_path / "glyphs").iterdir()] == [BITMAPS]


def kept_often(path, content):
    for _ in range(20):
        cached.keep(path, content)


def test_what_another_matplotlib_draws_is_refused_in_one_line_unless_it_is_named(
    tmp_path, data, monkeypatch
):
    other = typefaces.glyphs(TRAIN + VALID, data, BITMAPS).copy()[:-1]
    monkeypatch.setattr(typefaces, "drawn", lambda *_: other)
    with pytest.raises(Refused) as refused:
        Glyphs().ready(str(tmp_path))
    line = str(refused.value)
    assert "draws other glyphs than workload.bitmaps=sha256-" in line and "\n" not in line
    named = Glyphs(bitmaps=cached.digest(other.tobytes()))
    named.ready(str(tmp_path))
    assert len(workloads.open(named, str(tmp_path)).characters) == 1000
    with pytest.raises(Refused, match="has 1260; take fewer"):
        workloads.open(Glyphs(classes=CHARACTERS, bitmaps=named.bitmaps), str(tmp_path))
