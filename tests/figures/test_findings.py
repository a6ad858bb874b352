"""Findings: the lists at the top of claims.md and the report show the ledgers' verdicts on every bed."""

import re

import evidence
import pytest

from figures import HOME
from figures.drawing import latex
from figures.evidence import findings, fresh, join, written
from figures.evidence.findings import DIGITS, FURTHER, MAIN
from figures.report import main_claims

LINE = re.compile(r"- (.*): (\*\*.*)\.")
ON = re.compile(r"\*\*(\w+)\*\* on (.*?), (\S+ \[\S+, \S+\](?: points| nats| bits)?), n = (\d+)")


@pytest.fixture(scope="module")
def ledgers():
    """The shipped ledgers, the first that evaluates a claim on a bed first."""
    return [*evidence.ledgers(), join.read(roots=[fresh.RUNS]), join.read()]


@pytest.fixture(scope="module")
def found(ledgers):
    return findings.findings(findings.by_bed(ledgers))


def verdict(ledgers, scale, sentence):
    """The first verdict on a claim among the ledgers of a scale."""
    return next(
        claim
        for ledger in ledgers
        if ledger.scale == scale
        for claim in ledger.claims
        if claim.says == sentence and claim.verdict != "not run"
    )


def test_the_page_of_claims_begins_with_findings_before_any_count(ledgers, found):
    text = written.markdown([ledgers[-1]], found)
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings[0] == "What failed" and "What held" in headings
    assert headings.index("What held") < headings.index("How a verdict is reached")
    assert not re.search(r"\d+ (holds|fails|undecided)", text.partition("## How a verdict")[0])
    assert text == (HOME / "paper" / "claims.md").read_text()


def test_each_number_of_a_finding_is_that_of_its_verdict(ledgers, found):
    lines = [line for line in findings.markdown(found).splitlines() if line.startswith("- ")]
    scales = {findings.bed_name(ledger.scale): ledger.scale for ledger in ledgers}
    assert len(lines) == len([key for key in (*MAIN, *FURTHER) if found[key].on]) > 15
    for line in lines:
        sentence, on = LINE.fullmatch(line).groups()
        sentence = re.sub(r"( †)? \(margin .*\)$", "", sentence)
        told = ON.findall(on)
        assert len(told) == on.count("**") / 2 > 0
        for verdict_on, bed, measured, n in told:
            judged = verdict(ledgers, scales.get(bed, "laptop"), sentence + ".")
            assert (verdict_on, measured) == (judged.verdict, judged.measured)
            assert int(n) == min(judged.n)


def test_a_heading_has_the_findings_with_its_verdicts(found):
    groups = findings.grouped(found)
    assert all("fails" in one.decided for one in groups["What failed"])
    assert all(one.decided == {"holds"} for one in groups["What held"])
    assert sum(map(len, groups.values())) == len(
        {one.claim.id for g in groups.values() for one in g}
    )


def test_a_claim_of_a_paper_that_fails_anywhere_is_listed_or_named(ledgers, found):
    text = findings.markdown(found)
    for bed, one in [(bed, finding) for finding in found.values() for bed in finding.on]:
        if one.on[bed].verdict == "fails" and one.claim.kind != "ours":
            (line,) = re.findall(rf"^Others that fail on {bed}: (.*)\.$", text, re.MULTILINE)
            assert one.claim.says.rstrip(".") in text or one.claim.id in line.split(", ")


def test_on_digits_new_seeds_count_before_the_papers_three(found):
    assert min(found["fig2.parity_decayed"].on[DIGITS].n) > 3
    assert min(found["fig16.lead_grows"].on[DIGITS].n) >= 3


def test_runs_from_elsewhere_are_not_mixed_with_those_that_ship(ledgers):
    alone = findings.findings(findings.by_bed([ledgers[-1]]))
    # sweeps of one scale are read with the digits, and named by their own
    assert {bed for one in alone.values() for bed in one.on} == {DIGITS, "glyphs"}
    assert min(alone["fig2.parity_decayed"].on[DIGITS].n) == 3


def test_the_reports_summary_has_the_same_findings_and_numbers(found):
    """Numbers are compared, not words: LaTeX breaks words elsewhere."""
    told = main_claims.findings(evidence.shipped())
    items = re.findall(r"\\item (.*)", told)
    listed = [one for of in findings.grouped(found).values() for one in of]
    assert len(items) == len(listed)
    for item, one in zip(items, listed, strict=True):
        for claim in one.on.values():
            numbers = latex.broken(f"{claim.measured}, n = {min(claim.n)}")
            assert numbers in item.partition(": ")[2]
            assert f"{claim.verdict}verdict" in item
