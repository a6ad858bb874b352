"""The papers' experiments, as paper/experiments.yaml has them: which figure repeats each, and which claims name it."""

import re
from functools import cache

import yaml

from figures import HOME

FILE = HOME / "paper" / "experiments.yaml"
PREFIX = {"v2": "", "v1": "v1_", "anil": "anil_"}  # of the files that repeat a paper's figures
PAPER = re.compile(r"\b(v1|v2|Anil)\b")
PLACES = re.compile(r"\b(Fig|Table)s? (\d+[a-z]?(?:, \d+[a-z]?)*)")


@cache
def read() -> dict:
    return yaml.safe_load(FILE.read_text())


def figure_of(said: dict) -> str | None:
    """The figure that repeats an experiment: v2's fig2a is a panel of fig2, v1's fig7a of v1_fig7; or what it names."""
    if "figure" in said or said["paper"] not in PREFIX:
        return said.get("figure")
    return PREFIX[said["paper"]] + re.sub(r"(?<=\d)[a-z]$", "", said["id"])


def is_all_of(said: dict, figure: str) -> bool:
    """Does this experiment fill the figure alone, or is it one panel of several?"""
    return [
        one
        for one in read()["experiments"]
        if one["paper"] == said["paper"] and figure_of(one) == figure
    ] == [said]


def twin(said: dict) -> dict | None:
    """The experiment that it is the same as, where the papers show one twice."""
    return next(
        (
            one
            for one in read()["experiments"]
            if f"{one['paper']}.{one['id']}" == said.get("same_as")
        ),
        None,
    )


def names(where: str, said: dict) -> bool:
    """Does a claim's place name the experiment? A figure without a letter stands for all its panels."""
    return any(
        paper == said["paper"] and re.fullmatch(re.escape(place) + "[a-z]?", said["id"])
        for paper, place in places(where)
    )


def places(where: str) -> list[tuple[str, str]]:
    """[(v2, fig2a), (v1, fig1a)] of "v2 §4.1, Fig 2a; v1 Fig 1a"; "ours, for v2 Fig 2b" names what it controls."""
    found = []
    for segment in where.split(";"):
        paper = PAPER.search(segment)
        if paper is None:
            continue
        for kind, numbers in PLACES.findall(segment):
            found += [(paper[1].lower(), kind.lower() + number) for number in numbers.split(", ")]
    return found


def contradictions(said: dict) -> tuple[str, ...]:
    """C01 ... that touch it."""
    name = f"{said['paper']}.{said['id']}"
    return tuple(one["id"] for one in read()["contradictions"] if name in one["touches"])
