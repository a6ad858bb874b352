"""Curves of the planned runs on the page: which rows it has, and how a figure shows them."""

import csv
import json
from itertools import pairwise

import fabricate
import pytest
from curves import NOTE, OVERHANG, VALUES, press, switch

from codist import runlog
from figures.evidence import planned, results
from figures.page import beds
from figures.page.runs import of_arm as in_full

BED = "glyphs_plenty_resnet8"  # the smallest: it is read in a second
SEEDS = {1, 3}
ARMS = ("all_reduce", "codist_fixed")
CHOICE = "document.querySelector('dialog[open] section > .choice select')"
TOLD = "document.querySelector('dialog[open] section > .choice + .told')?.textContent"
SEED_SWITCHES = """[...document.querySelectorAll('dialog[open] .switches label:has([name=seeds])')]
    .map(one => one.textContent.trim())"""


def choose(bed: str) -> str:
    return (
        f"{CHOICE}.focus(); {CHOICE}.value = '{bed}'; {CHOICE}.dispatchEvent(new Event('change'))"
    )


@pytest.fixture(scope="module")
def page(page, logs, tmp_path_factory):
    """The page with two arms on a bed: two seeds of runs that the figure has three of."""
    arms = results.read("laptop", ["regularization"], [logs])
    few = {name: arms[name].of_seeds(SEEDS) for name in ARMS}
    text, none = page.read_text(), '"points":25,"beds":{},"planned":{}'
    assert text.count(none) == 1
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(text.replace(none, json.dumps(beds.curves({BED: few}))[1:-1]))
    return path


def test_few_rows_are_kept_and_equal_ones_of_each_seed(tmp_path):
    losses = [3.14159265 / (row + 1) for row in range(101)]
    tops = [row * 0.9 for row in range(101)]
    for seed, length in ((1, 101), (2, 60)):
        models = [{"train_loss": losses[:length], "valid_top1": tops[:length]}] * 2
        models[1] = models[1] | {"valid_top1": [top + 1 for top in tops[:length]]}
        fabricate.run(tmp_path, "codist_fixed", seed, models)
    arm = results.read("laptop", ["regularization"], [tmp_path])["codist_fixed"]
    found = beds.of_arm(arm)
    whole, shorter = (seed["rows"] for seed in found["seeds"])
    (updates,), (top,), (loss,) = (whole[y] for y in ("update", "valid_top1", "train_loss"))
    rows = [update // 10 - 1 for update in updates]
    assert len(rows) == beds.POINTS and (rows[0], rows[-1]) == (0, 100)
    assert max(b - a for a, b in pairwise(rows)) <= 5
    assert top == [pytest.approx(tops[row] + 0.5, rel=1e-3) for row in rows], "mean of the models"
    assert loss[0] == 3.142 and found["metrics"] == in_full(arm)["metrics"]
    (short,) = shorter["update"]
    assert short == [update for update in updates if update <= 600]


def test_planned_runs_are_read_unless_the_page_has_them_in_full(monkeypatch):
    (plan,) = [plan for plan in planned.beds() if BED in plan.seeds]
    one = plan.__class__(**vars(plan) | {"seeds": {BED: plan.seeds[BED]}})
    monkeypatch.setattr(planned, "beds", lambda: (one,))
    found = beds.read([])
    assert found.keys() == {BED}
    assert {(arm.sweep, name) for name, arm in found[BED].items()} == one.seeds[BED].keys()
    assert beds.read([found[BED]]) == {}
    content = beds.curves(found)
    assert content["planned"].keys() == {f"planned:{BED}/{name}" for name in found[BED]}
    runs = sum(len(arm.seeds) for arm in found[BED].values())
    assert len(json.dumps(content, separators=(",", ":"))) < 1300 * runs


@pytest.mark.parametrize("wide", [390, 1280], ids=("phone", "desktop"))
def test_a_figure_shows_the_curves_of_its_planned_runs(browser, page, logs, wide):
    browser.open(page.as_uri() + "#fig7", wide)
    own = browser.run(VALUES)
    assert len(own) > 2 and browser.run(TOLD) is None
    browser.run(choose(BED))
    assert browser.run("location.hash") == f"#fig7&bed={BED}"
    assert browser.run(f"document.activeElement === {CHOICE}"), "keys go on from here"
    shown = browser.run(VALUES)
    assert shown.keys() == {*ARMS} and browser.run(OVERHANG) == [0, 0]
    assert browser.run(SEED_SWITCHES) == ["mean of the seeds", "seed 1", "seed 3"]
    told = browser.run(TOLD)
    assert f"paper/planned/{BED}" in told
    assert "Trained at commit abc1234 on Abacus." in told
    ends = [
        runlog.rows(logs / "laptop" / "regularization" / "all_reduce" / str(seed))[-1]["train_loss"]
        for seed in SEEDS
    ]
    assert float(shown["all_reduce"]) == pytest.approx(sum(ends) / len(ends), rel=1e-3)

    switch(browser, "seeds", "seed 3")
    there = browser.run("location.hash")
    assert there == f"#fig7&seeds=mean,3&bed={BED}"
    switched = browser.run(VALUES)
    browser.open(page.as_uri() + there, wide)
    assert browser.run(VALUES) == switched != shown
    browser.run(choose(""))
    assert browser.run("location.hash") == "#fig7" and browser.run(VALUES) == own


def test_a_claim_shows_its_curves_on_the_bed_that_is_chosen(browser, page, tmp_path):
    browser.open(page.as_uri() + f"#fig7&bed={BED}&arms=codist_fixed")
    assert browser.run(VALUES).keys() == {"codist_fixed"}
    claim = "document.querySelector('dialog[open] [data-claim=\"fig7.nearer\"] [data-curves]')"
    browser.run(f"{claim}.click()")
    assert browser.run(VALUES).keys() == {*ARMS}
    with open(browser.saved(press("Save as CSV"), tmp_path), newline="") as lines:
        assert {row["arm"] for row in csv.DictReader(lines)} == {
            f"planned:{BED}/{arm}" for arm in ARMS
        }


@pytest.mark.parametrize("address", ["#fig7&bed=glyps", "#compare&with=laptop/fig7&bed=glyps"])
def test_an_unknown_bed_is_named_and_the_figures_own_runs_are_shown(browser, page, address):
    browser.open(page.as_uri() + address)
    assert browser.run(NOTE) == "Nothing here is named bed glyps."
    assert len(browser.run(VALUES)) > 2


def test_an_address_of_an_arm_on_a_bed_opens_a_figure_with_its_curves(browser, page):
    browser.open(page.as_uri() + f"#{BED}/codist_fixed")
    assert browser.run(f"{CHOICE}.value") == BED and "codist_fixed" in browser.run(VALUES)
    assert not browser.run("document.getElementById('lost').textContent")
    browser.run(choose(""))
    assert browser.run(TOLD) is None, "the reader can leave the bed"
    assert "bed=" not in browser.run("location.hash")


def test_a_figure_without_planned_runs_offers_none(browser, page):
    browser.open(page.as_uri() + "#anil_fig1")
    assert browser.run("document.querySelectorAll('dialog[open] .chart').length") > 0
    assert browser.run(CHOICE) is None


def test_planned_runs_have_a_table_of_seeds_and_a_command_for_each(browser, page, logs):
    browser.open(page.as_uri() + f"#fig7&bed={BED}")
    arms = "[...document.querySelectorAll('dialog[open] .planned details')]"
    browser.run(
        f"arm = {arms}.find(one => one.textContent.startsWith('codist_fixed')); arm.open = true"
    )
    browser.until("arm.querySelectorAll('tbody tr').length", len(SEEDS))
    head = browser.run("[...arm.querySelectorAll('th')].map(cell => cell.textContent)")
    cells = browser.run("[...arm.querySelectorAll('tbody td')].map(cell => cell.textContent)")
    row = dict(zip(head, cells, strict=False))
    assert (row["seed"], row["outcome"], row["commit"]) == ("1", "finished", "abc1234")
    (run,) = (
        results.read("laptop", ["regularization"], [logs])["codist_fixed"]
        .of_seeds({1})
        .final("valid_top1")
    )
    assert float(row["top-1 accuracy (%)"]) == pytest.approx(run, rel=1e-3)
    assert browser.run("[...arm.querySelectorAll('p code')].map(code => code.textContent)") == [
        f"python src/run.py sweep=regularization arm=codist_fixed seed={seed} place.shipped=null"
        for seed in sorted(SEEDS)
    ]
