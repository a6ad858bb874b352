"""Answers: the line under every figure's title is its claim's row in the table of verdicts."""

import json
import re

import pytest

from figures import HOME, network
from figures.drawing import sheet, tables
from figures.evidence import join, planned
from figures.evidence.names import NAMES, load, reads, scale_at, sweeps_of
from figures.evidence.results import read
from figures.evidence.shown import arms_shown

PAPER = HOME / "paper"
ROW = re.compile(
    r"^\| (holds|fails|undecided) \| (.*?) (?:† )?\| (.*), margin .* \| (.*) (?:laptop|glyphs) \| ",
    re.M,
)
ANSWER = re.compile(r"(Holds|Fails|Undecided): (.*) (?:Gap|Correlation) (.*), n = (\d+)\.")


@pytest.fixture(scope="module")
def arms():
    return read("laptop", sweeps_of(load()), [join.RESULTS])


@pytest.fixture(scope="module")
def rows():
    """{sentence: (verdict, gap with interval, number of seeds)} as paper/claims.md has it."""
    found = ROW.findall((PAPER / "claims.md").read_text())
    return {says: (verdict, gap, min(map(int, n.split(", ")))) for verdict, says, gap, n in found}


def under_the_title(name, arms):
    """The text below the title of a drawn figure, or of a table in Markdown."""
    module = load([name])[name]
    if hasattr(module, "rows"):
        text = tables.markdown(module, arms, sheet.head(module, arms), sheet.footer(module, arms))
        title, _, answer, *_ = text.splitlines()
        assert title == f"**{sheet.title(module)}**"
        return answer
    title, answer, *_ = [
        text.get_text().replace("\n", " ") for text in sheet.draw(module, arms).texts
    ]
    assert title == sheet.title(module)
    return answer


def waits(name, arms):
    """True if a figure lacks runs and may: at a scale of its own, or if a round plans its sweeps' first runs."""
    module = load([name])[name]
    there, begun = arms_shown(module, arms), {arm.sweep for arm in arms.values()}
    if there and planned.new_sweeps() & set(reads(module)):
        return not {arm for claim in module.CLAIMS for arm in claim.needs} <= there.keys()
    new = planned.new_sweeps() - begun
    assert there or scale_at(name, "laptop") != "laptop" or new >= set(reads(module))
    return not there


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_under_the_title_is_a_verdict_of_the_table_in_words_and_numbers(
    name, arms, rows
):
    if waits(name, arms):
        return
    verdict, says, gap, n = ANSWER.fullmatch(under_the_title(name, arms)).groups()
    assert rows[says] == (verdict.lower(), gap, int(n))
    assert re.search(r"\d", gap) and len(says.split()) > 4


def test_a_correlation_is_not_called_a_gap(arms):
    assert " Correlation −0." in under_the_title("ours_when", arms)
    assert " Gap " in under_the_title("fig2", arms)


def test_the_answer_on_the_networks_figure_is_of_its_table():
    found = json.loads((join.RESULTS / "network.json").read_text())
    question, *rest = sorted(network.draw(found).texts, key=lambda text: -text.get_position()[1])
    assert question.get_text().endswith("?")
    told = rest[0].get_text().replace("\n", " ")
    table = [line.split() for line in network.table(found).splitlines()[1:-1]]
    rates = sorted({float(line[0]) for line in table})
    assert f"At {rates[0]:g} and {rates[-1]:g} Gb/s" in told
    for kind in network.KINDS:
        ends = [line[-1] for rate in (rates[0], rates[-1]) for line in table
                if float(line[0]) == rate and line[2] == kind]  # fmt: skip
        assert f"{kind} ×{ends[0]} and ×{ends[1]}" in told


def test_the_page_of_results_and_its_pictures_have_the_same_answer(arms, rows):
    figures = join.join(load(), arms, "laptop").figures
    assert len(figures) == len(NAMES)
    for name, figure in figures.items():
        if waits(name, arms):
            assert not ANSWER.fullmatch(figure.answer)
            continue
        _, says, _, _ = ANSWER.fullmatch(figure.answer).groups()
        assert says in rows and figure.answer == sheet.answer(load([name])[name], arms)
