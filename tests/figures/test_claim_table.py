"""Each claim's id, kind, test, margin, arms and sentence are those of paper/claims.csv."""

import csv
import importlib
import json
import re
from dataclasses import replace
from math import isfinite

import fabricate
import pytest

from figures.__main__ import main
from figures.evidence import claim_table, names, results
from figures.evidence.claim import Claim, pick
from figures.evidence.margin import above, below, finals, near
from figures.evidence.names import NAMES, load, sweeps_of

BOUNDS = {  # of a test with this margin: the range in which the claim wants the gap
    "above": lambda by: {by},
    "below": lambda by: {-by},
    "near": lambda by: {-by, by},
    "times": lambda by: {by},
    "below_times": lambda by: {by},
    "near_times": lambda by: {1 - by, 1 + by},
    "ensemble_below": lambda by: {-by},
    "ensemble_below_times": lambda by: {by},
    "below_times_ensemble": lambda by: {by},
    "above_of_student": lambda by: {by},
    "near_of_student": lambda by: {-by, by},
    "earlier_below": lambda by: {-by},
    "earlier_near": lambda by: {-by, by},
    "sends": lambda by: {by},
    "fewer_steps": lambda by: {by},
    "no_fewer_steps": lambda by: {by},
    "goodput_above": lambda by: {by},
}


def claims_of(name):
    return names.module(name).CLAIMS


def test_the_committed_table_is_what_the_figures_claim():
    assert not (found := claim_table.difference()), found


@pytest.mark.parametrize(
    "change",
    [
        {"says": "Another sentence."},
        {"needs": ("codist_fixed", "all_reduce_same_lr")},
        {"kind": "ours"},
        {"test": finals(above, "distance")},
        {"test": finals(near, "distance", by=0.5)},
        {"test": finals(below, "distance", paired=True)},
        {"test": finals(below, "distance", ranked=True)},
    ],
    ids=lambda change: " ".join(change),
)
def test_a_change_of_sentence_arms_kind_test_or_margin_is_seen_with_the_remedy(monkeypatch, change):
    first, *others = claims_of("fig7")
    monkeypatch.setattr(
        importlib.import_module("figures.v2.fig7"), "CLAIMS", [replace(first, **change), *others]
    )
    advice, *lines = claim_table.difference().splitlines()
    assert "python -m figures.evidence.claim_table rewrites the file" in advice
    (old,) = [line for line in lines if line.startswith("-fig7")]
    (new,) = [line for line in lines if line.startswith("+fig7")]
    assert old[1:] == ",".join(claim_table.row(first)) and new[1:] in claim_table.text()


def test_the_table_says_how_arms_are_compared():
    rows = {row["id"]: row for row in csv.DictReader(claim_table.FILE.read_text().splitlines())}
    tests = {one: rows[one]["test"] for one in rows}
    assert tests["fig2.underfits_less_decayed"] == "below paired"
    assert tests["fig2.batch_2048"] == "near ranked" and tests["fig2.batch_1024"] == "near"


def test_no_two_claims_compare_the_same_arms_by_the_same_test():
    seen = {}
    for claim in claim_table.every():
        compared = (*claim_table.test_of(claim), claim.needs)
        assert seen.setdefault(compared, claim.id) == claim.id


def test_the_table_is_written_by_the_command_that_the_remedy_names(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(claim_table, "FILE", tmp_path / "claims.csv")
    assert claim_table.main() == 0 and "claims.csv" in capsys.readouterr().out
    assert (tmp_path / "claims.csv").read_text() == claim_table.text()
    assert claim_table.difference(tmp_path / "claims.csv") == ""


def test_an_id_is_unique_and_begins_with_a_figure_that_makes_the_claim():
    makers = {}
    for name in NAMES:
        for claim in claims_of(name):
            makers.setdefault(claim.id, []).append((name, claim))
    assert makers
    for one, made in makers.items():
        assert one.partition(".")[0] in {name for name, _ in made}
        assert all(claim is made[0][1] for _, claim in made)


def test_the_kind_agrees_with_the_place_in_the_papers():
    for claim in claim_table.every():
        assert (claim.kind == "paper") != claim.where.startswith("ours"), claim.id


def test_the_margin_of_the_table_is_the_one_that_decides(tmp_path):
    fabricate.everything(tmp_path)
    arms = results.read("laptop", sweeps_of(load()), [tmp_path])
    rows = {row["id"]: row for row in csv.DictReader(claim_table.FILE.read_text().splitlines())}
    found = {claim.id: claim.verdict(arms).evidence for claim in claim_table.every()}
    assert rows.keys() == found.keys()
    for one, row in rows.items():
        test = re.match(r"\w+", row["test"])[0]
        wanted = BOUNDS[test](float(row["margin"])) if row["margin"] else {0.0}
        bounds = {bound for bound in (found[one].lowest, found[one].highest) if isfinite(bound)}
        assert sorted(bounds) == pytest.approx(sorted(wanted)), one


def test_a_claim_for_programs_has_its_id_and_kind():
    shipped = json.loads((claim_table.FILE.parent / "claims.json").read_text())["laptop"]["claims"]
    rows = list(csv.DictReader(claim_table.FILE.read_text().splitlines()))
    assert [
        (one["id"], one["kind"], one["says"], " ".join(one["arms"])) for one in shipped.values()
    ] == [(row["id"], row["kind"], row["sentence"], row["arms"]) for row in rows]


def test_two_claims_of_one_id_are_refused_in_one_line(monkeypatch, capsys):
    module = importlib.import_module("figures.v2.fig7")
    monkeypatch.setattr(
        module, "CLAIMS", [*module.CLAIMS, replace(module.CLAIMS[0], says="Another.")]
    )
    assert main(["fig7", "--claims"]) == 2
    assert (
        capsys.readouterr().err
        == "figures/v2/fig7.py: another claim has the id fig7.nearer; choose a new one\n"
    )


@pytest.mark.parametrize(
    ("id", "kind", "says"),
    [
        ("Fig7", "ours", "expected an id like fig2.parity"),
        ("fig7.nearer", "paperr", "expected a kind of paper"),
    ],
)
def test_an_id_or_kind_that_cannot_be_is_refused(id, kind, says):
    with pytest.raises(ValueError, match=says):
        Claim(id, kind, "A sentence.", "ours", finals(above, "distance"), ("a", "b"))


def test_a_claim_that_is_not_there_is_not_picked():
    with pytest.raises(
        ValueError, match=r"no claim has the id fig7.nerer; did you mean fig7.nearer\?"
    ):
        pick(claims_of("fig7"), "fig7.nerer")
