"""Read paper/experiments.yaml: which figure repeats each experiment, which claims name it."""

import re
from functools import cache

from codist.run_folder import parsed
from figures import HOME

FILE = HOME / "paper" / "experiments.yaml"
PREFIX = {"v2": "", "v1": "v1_", "anil": "anil_"}  # prefix of the names of a paper's figures
PAPER = re.compile(r"\b(v1|v2|Anil)\b")
PLACES = re.compile(r"\b(Fig|Table)s? (\d+[a-z]?(?:, \d+[a-z]?)*)")


@cache
def read() -> dict:
    return parsed(FILE.read_text())


def figure_of(record: dict) -> str | None:
    """The figure that repeats an experiment: for v2's fig2a fig2, for v1's fig7a v1_fig7.

    An experiment may name another one in `figure`.
    """
    if "figure" in record or record["paper"] not in PREFIX:
        return record.get("figure")
    return PREFIX[record["paper"]] + re.sub(r"(?<=\d)[a-z]$", "", record["id"])


def is_all_of(record: dict, figure: str) -> bool:
    """True if the figure repeats this experiment only, false if it is one of several panels."""
    return [
        one
        for one in read()["experiments"]
        if one["paper"] == record["paper"] and figure_of(one) == figure
    ] == [record]


def twin(record: dict) -> dict | None:
    """The experiment named in `same_as`, for one that the papers show twice."""
    return next(
        (
            one
            for one in read()["experiments"]
            if f"{one['paper']}.{one['id']}" == record.get("same_as")
        ),
        None,
    )


def names(where: str, record: dict) -> bool:
    """True if a claim's place names the experiment; "Fig 2" without a letter names every panel."""
    return named(where, record["paper"], record["id"])


@cache
def named(where: str, paper: str, experiment: str) -> bool:
    return any(
        of == paper and re.fullmatch(re.escape(place) + "[a-z]?", experiment)
        for of, place in places(where)
    )


@cache
def places(where: str) -> tuple[tuple[str, str], ...]:
    """Parse "v2 §4.1, Fig 2a; v1 Fig 1a" into ((v2, fig2a), (v1, fig1a)).

    "ours, for v2 Fig 2b" names the experiment that a control is for.
    """
    found = []
    for segment in where.split(";"):
        paper = PAPER.search(segment)
        if paper is None:
            continue
        for kind, numbers in PLACES.findall(segment):
            found += [(paper[1].lower(), kind.lower() + number) for number in numbers.split(", ")]
    return tuple(found)


def contradictions(record: dict) -> tuple[str, ...]:
    """Ids of the contradictions that concern the experiment: C01, ..."""
    name = f"{record['paper']}.{record['id']}"
    return tuple(one["id"] for one in read()["contradictions"] if name in one["touches"])
