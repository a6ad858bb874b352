"""The ledger: it covers every experiment of the papers, and claims.md shows its verdicts."""

import json
import re
from math import inf

import fabricate
import pytest

from figures.__main__ import main
from figures.evidence import claim as claims
from figures.evidence import experiments, findings, join, provenance, results, written
from figures.evidence.names import NAMES, PUBLISHED, load

EXPERIMENTS = experiments.read()["experiments"]
ALIKE = re.compile(r"\bwithin (a|one|half|0)\b")
EVERY_SWEEP = sorted({sweep for sweep, *_ in fabricate.ARMS.values()})


@pytest.fixture(scope="module")
def shipped():
    return join.read()


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    root = tmp_path_factory.mktemp("made_up")
    fabricate.everything(root)
    return join.read("laptop", [root])


@pytest.mark.parametrize(
    "said",
    [said for said in EXPERIMENTS if said["paper"] in ("v1", "v2") and "not_run" not in said],
    ids=lambda said: f"{said['paper']}.{said['id']}",
)
def test_every_experiment_of_both_versions_is_judged_or_listed_with_the_command_that_would_run_it(
    said, shipped
):
    (entry,) = (
        one for one in shipped.entries if (one.paper, one.id) == (said["paper"], said["id"])
    )
    assert entry.verdicts.total() >= 1, "no claim of the paper's own names it"
    assert set(entry.verdicts) <= set(claims.VERDICTS)
    assert re.fullmatch(r"make \w+", entry.command) and entry.command.split()[1] in NAMES
    assert all(
        claim.why.startswith("needs ") for claim in entry.claims if claim.verdict == "not run"
    )


def test_what_nothing_here_runs_says_why(shipped):
    for entry in shipped.entries:
        assert bool(entry.command) == (entry.figure is not None) == (not entry.why), entry.name
        assert entry.claims or entry.figure is None, entry.name


def test_no_reason_stays_where_something_runs_after_all(shipped):
    ran = {entry.name for entry in shipped.entries if entry.figure}
    assert not {f"{said['paper']}.{said['id']}" for said in EXPERIMENTS if "not_run" in said} & ran


def test_a_claim_names_experiments_that_there_are_and_a_figure_makes_claims_about_its_own():
    for name, module in load().items():
        named = set()
        for claim in module.CLAIMS:
            for place in experiments.places(claim.where):
                found = [
                    said
                    for said in EXPERIMENTS
                    if said["paper"] == place[0] and re.match(place[1], said["id"])
                ]
                assert found, f"{name}: {claim.where} names {place}, which is no experiment"
                named |= {experiments.figure_of(said) for said in found}
        assert name in named or not PUBLISHED.fullmatch(name) or name.startswith("text_"), name


def test_what_contradicts_itself_touches_experiments_that_there_are():
    there = {f"{said['paper']}.{said['id']}" for said in EXPERIMENTS}
    for one in experiments.read()["contradictions"]:
        assert set(one["touches"]) <= there, one["id"]


def test_places_are_read_from_the_words_of_a_claim():
    assert experiments.places("v2 §4.1, Fig 2a; v1 §3.1, Fig 1a") == (
        ("v2", "fig2a"),
        ("v1", "fig1a"),
    )
    assert experiments.places("v2 §A.4.4, Table 1, Fig 11") == (("v2", "table1"), ("v2", "fig11"))
    assert experiments.places("v1 §5, Figs 7a, 12a (C12)") == (("v1", "fig7a"), ("v1", "fig12a"))
    assert (
        experiments.places("ours, for Anil Fig 3") == (("anil", "fig3"),)
        and experiments.places("ours (C09)") == ()
    )
    assert experiments.names("v2 Fig 2", {"paper": "v2", "id": "fig2c"})
    assert not experiments.names("v2 Fig 1", {"paper": "v2", "id": "fig17"})


def test_that_two_are_alike_is_tested_as_such(made_up):
    """A range with two ends: that no gap was found is a narrower claim's business, never this one's."""
    told = [claim for claim in made_up.claims if ALIKE.search(claim.says)]
    assert len(told) >= 20
    for claim in told:
        assert -inf < claim.evidence.lowest < claim.evidence.highest < inf, claim.says


def test_a_claim_of_two_figures_is_judged_and_counted_once(made_up):
    of_figures = [claim for figure in made_up.figures.values() for claim in figure.claims]
    assert len(of_figures) > len(made_up.claims) == len({id(claim) for claim in of_figures})


def test_an_arm_says_where_its_numbers_come_from(tmp_path):
    for seed, how in ((1, "finished"), (3, "diverged")):
        fabricate.run(tmp_path, "codist_fixed", seed, [{"distance": [1.0]}], outcome=how)
    fabricate.run(tmp_path, "codist_fixed", 5, [{"distance": [1.0]}], outcome=None)
    runs = join.read("laptop", [tmp_path], ["fig7"]).arms["codist_fixed"]
    assert (runs.seeds, runs.missing, runs.diverged) == ((1, 3), (5,), (3,))
    assert (runs.commits, runs.machines, runs.core_seconds) == (("abc1234",), ("Abacus",), 120.0)
    assert [folder.split("/")[-1] for folder in runs.folders] == ["1", "3"]


def test_a_config_has_one_hash_for_all_seeds_and_places_and_another_for_any_other_number():
    config = {"seed": 1, "place": {"device": "cpu"}, "lr": {"start": 0.1}}
    same = {"place": {"device": "cuda"}, "lr": {"start": 0.1}, "seed": 2}
    assert provenance.fingerprint(config) == provenance.fingerprint(same)
    assert provenance.fingerprint(config) != provenance.fingerprint(config | {"lr": {"start": 0.2}})


def markdown(*ledgers):
    return written.markdown(ledgers, findings.findings(findings.by_bed(ledgers)))


def test_what_is_written_is_what_was_judged(made_up):
    found = json.loads(written.as_json([made_up]))["laptop"]
    assert len(found["claims"]) == len(made_up.claims) and len(found["entries"]) == len(
        made_up.entries
    )
    named = {
        name
        for of in ("entries", "figures")
        for one in found[of].values()
        for name in one["claims"]
    }
    assert named == set(found["claims"])
    gap = made_up.figures["fig7"].claims[0].evidence.gap
    assert found["claims"]["fig7/1"]["evidence"]["gap"] == pytest.approx(gap, rel=1e-5)
    assert found["arms"]["codist_fixed"]["seeds"] == [1, 2, 3]
    told = markdown(made_up)
    for entry in made_up.entries:
        section = told.split(f"## {entry.paper}: ")[1].split(f"### {entry.id}")[1].split("\n#")[0]
        assert entry.command in section and entry.why in section
        assert all(claim.says in section and claim.found in section for claim in entry.claims)


def test_verdicts_of_two_scales_stand_side_by_side(made_up, tmp_path):
    fabricate.run(tmp_path, "all_reduce", 1, [{"train_loss": [1.0]}])
    (tmp_path / "gpu").mkdir()
    told = markdown(made_up, join.read("gpu", [tmp_path]))
    assert told.count("## At laptop scale") == told.count("## At gpu scale") == 1
    assert "| not run |" not in told.split("### fig7")[1].split("###")[0], (
        "it was run at one of them"
    )


def test_somebody_elses_runs_are_judged(tmp_path, capsys):
    fabricate.everything(tmp_path / "theirs")
    assert (
        main(["fig7", "--claims", "--results", str(tmp_path / "theirs"), "--ledger", str(tmp_path)])
        == 0
    )
    assert "n=3,3   laptop" in capsys.readouterr().out and (tmp_path / "claims.md").exists()
    with pytest.raises(SystemExit):
        main(["--claims", "--results", str(tmp_path / "nowhere")])
    assert "nowhere is no folder; runs are read from <folder>/<scale>/" in capsys.readouterr().err


def test_the_same_claims_are_made_whatever_was_run(made_up, shipped):
    assert [claim.says for claim in made_up.claims] == [claim.says for claim in shipped.claims]
    assert results.read("laptop", EVERY_SWEEP, []) == {}
