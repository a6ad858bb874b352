"""The plan: which seeds it names, what it refuses, and that its claims are those of today."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from fabricate import ARMS, everything

from codist import designs, plan_seeds
from codist.errors import Refused
from codist.plan_digest import Round
from figures.drawing import sheet
from figures.evidence import beds, claim_table, names, plan_page, planned, results
from figures.evidence.consistency import Unreadable
from figures.evidence.names import load
from figures.v2 import fig2
from launch import pack


def test_the_plan_names_every_arm_of_its_sweeps_with_its_seeds():
    plan = planned.of_scale("laptop")
    assert plan.seeds.keys() == {"glyphs_scarce", "glyphs_plenty", "laptop"}
    assert plan.seeds["glyphs_scarce"]["regularization", "codist_decayed"] == tuple(range(301, 317))
    assert plan.seeds["laptop"]["nway", "nway_8"] == tuple(range(101, 113))
    spent = {*range(1, 16), 201, 202, 203}
    for plan in planned.beds():
        its = {seed for of in plan.seeds.values() for seeds in of.values() for seed in seeds}
        assert not spent & its
        spent |= its | {211, 212, 213}


def test_the_second_round_plans_the_grid_and_the_claimed_arms_of_three_figures():
    plan = planned.of_scale("glyphs")
    assert plan is planned.of_scale("glyphs_plenty_resnet8") is not planned.of_scale("laptop")
    assert len(plan.seeds["glyphs"]) == 84
    assert set(plan.seeds["glyphs"].values()) == {tuple(range(401, 409))}
    for name in ("fig1", "fig2", "fig16"):
        for claim in names.module(name).CLAIMS:
            assert plan.of_claim("glyphs_plenty_resnet8", claim.needs) == 6, claim.id
    assert plan_page.overrides("ours_when") == "scale=glyphs seed=401,402,403,404,405,406,407,408"


def test_later_rounds_plan_new_sweeps_with_the_seeds_that_these_train():
    plan, rivals, images, *text, outer = [
        plan for plan in planned.rounds() if plan not in planned.beds()
    ]
    assert plan.runs == results.RESULTS
    for (sweep, arm), seeds in plan.seeds["laptop"].items():
        assert seeds == designs.seeds(names.yaml_of(sweep)), (sweep, arm)
    for name in (
        "anil_fig1",
        "anil_fig2",
        "anil_fig4",
        "anil_offline",
        "anil_mutual",
        "anil_table1",
    ):
        for claim in names.module(name).CLAIMS:
            assert plan.of_claim("laptop", claim.needs) >= 5, claim.id
    assert set(rivals.seeds["glyphs"].values()) == {tuple(range(1, 9))}
    for claim in names.module("ours_rivals").CLAIMS:
        assert rivals.of_claim("glyphs", claim.needs) == 8, claim.id
    assert plan_page.overrides("ours_rivals") == "scale=glyphs"
    for claim in names.module("ours_rivals_images").CLAIMS:
        assert images.of_claim("laptop", claim.needs) == 8, claim.id
    for of_text, figure in zip(text, ("translation", "language"), strict=True):
        for claim in names.module(f"ours_rivals_{figure}").CLAIMS:
            # the eighth round compares its arms with those of the sixth and seventh
            tuned = "tuned" in claim.needs[0]
            assert of_text.of_claim("laptop", claim.needs) == (0 if tuned else 8), claim.id
            assert outer.of_claim("laptop", claim.needs, tuple(text)) == 8 * tuned, claim.id
            assert outer.of_claim("laptop", claim.needs) == 0, claim.id


def test_a_claim_has_the_fewest_seeds_of_its_arms():
    plan = planned.of_scale("glyphs_plenty")
    assert plan.of_claim("glyphs_plenty", ("codist_decayed", "all_reduce")) == 16
    assert plan.of_claim("glyphs_plenty", ("codist_decayed", "nway_4")) == 10
    assert plan.of_claim("glyphs_plenty", ("codist_decayed", "wmt_codist")) == 0


def test_no_claim_of_the_plan_has_changed_and_its_page_is_up_to_date():
    for plan in planned.rounds():
        planned.refuse_changed(planned.frozen(plan), plan)
        assert plan_page.page_of(plan).read_text() == plan_page.markdown(plan)


def test_a_margin_changed_after_the_runs_is_named():
    plan = planned.of_scale("laptop")
    before = planned.frozen(plan)
    before["fig2.parity_decayed"] = before["fig2.parity_decayed"] | {"margin": "0.5"}
    with pytest.raises(
        Unreadable, match=r"claim fig2.parity_decayed was changed .*: margin 0.5, now 1"
    ):
        planned.refuse_changed(before, plan)


def test_every_margin_has_a_reason():
    for plan in planned.rounds():
        for claim in claim_table.every():
            if any(plan.of_claim(scale, claim.needs) for scale in plan.seeds):
                assert plan_page.reason(plan, *claim_table.test_of(claim))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("runs: x\n", "expected seeds"),
        ("runs: x\nmargins: {}\nseeds: {laptop: {'5': {batch: all}}}\n", "expected seeds as <first>-<last>, got 5"),
        ("runs: x\nmargins: {}\nseeds: {laptop: {1-2: {batch: [batch_9]}}}\n", "batch has no arm batch_9"),
        ("runs: x\nmargins: {}\nseeds: {laptop: {1-2: {bach: all}}}\n", "bach.yaml is not there"),
    ],
)  # fmt: skip
def test_a_wrong_plan_is_refused(tmp_path, text, message):
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(Refused, match=message):
        planned.read(Round(tmp_path / "plan.yaml", tmp_path / "plan.csv"))


def test_two_rounds_of_one_scale_in_one_folder_are_refused(tmp_path, monkeypatch):
    text = "runs: paper/planned\nmargins: {}\nseeds: {laptop: {1-2: {batch: all}}}\n"
    for name in ("plan.yaml", "plan2.yaml"):
        (tmp_path / name).write_text(text)
    planned.rounds()  # fills the cache before PAPER is another folder, whatever the order of tests
    monkeypatch.setattr(planned, "PAPER", tmp_path)
    with pytest.raises(
        Refused, match=r"plan2.yaml and plan.yaml both plan laptop in paper/planned"
    ):
        planned.rounds.__wrapped__()
    results = text.replace("planned", "results")
    (tmp_path / "plan2.yaml").write_text(results)
    (tmp_path / "plan3.yaml").write_text(results.replace("batch", "iwslt"))  # other arms
    of_beds, of_results, _ = planned.rounds.__wrapped__()
    assert "place.shipped=paper/planned" in of_beds.commands[0]
    assert of_results.commands == ("python src/run.py -m sweep=batch scale=laptop seed=1,2",)
    with pytest.raises(Refused, match="no plan has seeds at gpu"):
        planned.of_scale("gpu")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Made-up runs of the plan, two arms of regularization with all of their seeds, in a root of their own."""
    plans = tuple(replace(plan, runs=tmp_path) for plan in planned.beds())
    monkeypatch.setattr(planned, "rounds", lambda: plans)
    made_up(tmp_path, range(101, 125))
    return tmp_path


def made_up(root, seeds):
    """Two arms of regularization, which record today's plan."""
    kept = ("codist_decayed", "all_reduce")
    everything(root, seeds=tuple(seeds), without=tuple(arm for arm in ARMS if arm not in kept))


def test_only_arms_with_all_of_their_seeds_are_judged(root):
    assert "codist_decayed" in planned.arms("laptop", load())
    (root / "laptop/regularization/codist_decayed/110/done.json").unlink()
    assert "codist_decayed" not in planned.arms("laptop", load())


def test_a_seed_outside_the_plan_is_refused(root):
    made_up(root, [125])
    with pytest.raises(Unreadable, match=r"plan.yaml has no seed 125"):
        planned.arms("laptop", load())


def test_a_run_of_another_plan_is_refused(root):
    path = root / "laptop/regularization/codist_decayed/110/done.json"
    done = json.loads(path.read_text())
    path.write_text(json.dumps(done | {"plan": done["plan"] | {"plan.csv": "0123"}}))
    with pytest.raises(
        Unreadable, match=r"was trained under another plan.csv: expected .*, got 0123"
    ):
        planned.arms("laptop", load())


def of_the_first_round(root, scale):
    """Let the runs of `scale` record the digests of the first round alone."""
    for path in root.glob(f"{scale}/*/*/*/done.json"):
        done = json.loads(path.read_text())
        assert {"plan.yaml", "plan.csv", "plan2.yaml", "plan2.csv"} <= done["plan"].keys()
        done["plan"] = {name: done["plan"][name] for name in ("plan.yaml", "plan.csv")}
        path.write_text(json.dumps(done))


def test_a_run_is_held_to_the_digests_of_its_own_round(root):
    of_the_first_round(root, "laptop")
    assert "codist_decayed" in planned.arms("laptop", load())  # older than the second round
    everything(
        root,
        seeds=tuple(range(401, 409)),
        without=tuple(arm for arm in ARMS if not arm.startswith("data_")),
    )
    of_the_first_round(root, "glyphs")
    with pytest.raises(
        Unreadable, match=r"was trained under another plan2.yaml: expected .*, got None"
    ):
        planned.arms("glyphs", load())


def test_runs_of_another_plan_are_not_packed(root, tmp_path, capsys):
    path = root / "laptop/regularization/codist_decayed/110/done.json"
    done = json.loads(path.read_text())
    path.write_text(json.dumps(done | {"plan": done["plan"] | {"plan.csv": "0123"}}))
    with pytest.raises(
        Refused, match=r"110 was trained under another plan.csv: .*; nothing was packed"
    ):
        pack.packed(root, tmp_path / "packed", [])
    assert not (tmp_path / "packed").exists()


@pytest.mark.parametrize(
    ("lacking", "message"),
    [
        ({}, "expected seeds: .*, got none; add them"),
        ({"seeds": {"laptop": None}}, "expected runs: <folder>, got None; add it"),
        ({"seeds": {}, "runs": "paper/planned"}, "expected margins: .*, got None; add it"),
    ],
)
def test_a_plan_that_lacks_something_is_refused(tmp_path, lacking, message):
    (tmp_path / "plan.yaml").write_text(json.dumps(lacking))
    with pytest.raises(Refused, match=message):
        plan_seeds.read(tmp_path / "plan.yaml")
    with pytest.raises(Refused, match=r"laptop, seeds: expected \{<sweep>: all\}, got None"):
        list(plan_seeds.parts({"seeds": {"laptop": None}}, "plan.yaml"))


def test_a_sweep_with_its_own_scale_is_read_there_with_the_plan_s_runs(tmp_path, monkeypatch):
    """The plan's runs replace laptop runs only, and only beside the committed results."""
    arm = "data_8_b64_fixed_codist"
    everything(tmp_path / "plan", seeds=(401,), without=tuple(one for one in ARMS if one != arm))
    (tmp_path / "results").mkdir()
    monkeypatch.setattr(results, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(results, "of_plan", lambda: [tmp_path / "plan"])
    found = results.read("laptop", ["ours_when"], [tmp_path / "results"])
    assert found[arm].scale == "glyphs" and found[arm].seeds == (401,)
    assert results.read("laptop", ["ours_when"], [tmp_path / "elsewhere"]) == {}
    monkeypatch.chdir(tmp_path)
    assert arm in results.read(
        "laptop", ["ours_when"], [Path("results")]
    )  # as make figures names it
    assert results.read("glyphs_scarce", ["ours_when"], [tmp_path / "plan"]) == {}
    assert "glyphs" not in names.scales_in(tmp_path / "plan")


def test_the_page_of_beds_says_what_failed_and_what_held(root):
    text = beds.markdown([planned.ledger("laptop")])
    assert text.index("## What failed") < text.index("## What held")
    [line] = [line for line in text.splitlines() if "matches all_reduce within one point" in line][
        :1
    ]
    assert "n = 24" in line


def test_a_picture_says_that_its_final_numbers_are_of_more_images_than_its_curves(root):
    arms = planned.arms("laptop", load())
    assert not [line for line in sheet.footer(fig2, arms) if "validation images" in line]
    for name, arm in arms.items():
        models = arm.done[101]["models"]
        final = {
            str(i): {"images": 10800, "valid_top1": 90.0, "valid_loss": 0.3} for i in range(models)
        }
        done = {seed: done | {"final": final} for seed, done in arm.done.items()}
        arms[name] = replace(arm, done=done)
    [line] = [line for line in sheet.footer(fig2, arms) if "validation images" in line]
    assert line.startswith(
        "final accuracy and validation loss: of 10,800 validation images; curves: of a smaller set"
    )


def test_the_frozen_claims_are_a_table_of_ids_tests_and_arms():
    rows = list(csv.DictReader(plan_page.claims().splitlines()))
    assert {"id", "kind", "test", "metric", "margin", "arms"} == rows[0].keys()
    assert len(rows) == len({row["id"] for row in rows}) > 100
