"""The page of figures, claims and runs in a real browser: what is there, what keys do, and that it asks for nothing."""

import csv
import hashlib
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import fabricate
import pytest
import yaml

from figures.evidence import results
from figures.evidence.names import NAMES
from figures.page.__main__ import main
from figures.page.runs import of_arm
from figures.report.numbers import of_arm as in_the_report

ROOT = Path(__file__).parents[2]
SHOWN = (
    "[...document.querySelectorAll('.card')].filter(card => card.offsetParent).map(card => card.id)"
)
# what opens has more inside
UNFOLD = """(() => {
    const folded = [...document.querySelectorAll('dialog[open] details')].filter(one => !one.open || !one.children[1]);
    for (const one of folded) one.open = true;
    return folded.length;
})()"""
LOST = "document.getElementById('lost')"
OPENED = "document.querySelector('dialog[open]')?.dataset.of"


def test_what_groups_heard_and_passed_over_is_charted_where_models_are_trained_apart(tmp_path):
    heard = {"heard_age": [-3.0, 8.5], "passed_over": [0.0, 2.0]}
    for arm, more in (("codist_fixed", heard), ("codist_decayed", {})):
        fabricate.run(tmp_path, arm, 1, [{"valid_top1": [10.0, 90.0]} | more])
    arms = results.read("laptop", ["regularization"], [tmp_path])
    apart, together = (of_arm(arms[name]) for name in ("codist_fixed", "codist_decayed"))
    assert apart["metrics"] == ["valid_top1", *heard] and together["metrics"] == ["valid_top1"]
    (seed,) = apart["seeds"]
    assert {name: seed["rows"][name] for name in heard} == {
        name: [column] for name, column in heard.items()
    }
    assert not heard.keys() & together["seeds"][0]["rows"].keys()
    numbers = in_the_report(arms["codist_fixed"], None)
    assert [numbers[name] for name in heard] == ["8.5000 (one seed)", "2.0000 (one seed)"]


def test_every_figure_and_every_experiment_without_one_has_a_card_and_opens(browser, page, read):
    browser.open(page.as_uri())
    unrepeated = [entry.name for entry in read.entries if entry.figure is None]
    assert sorted(browser.run(SHOWN)) == sorted(
        [*(f"laptop/{name}" for name in NAMES), *unrepeated]
    )
    images = browser.run(
        "[...document.querySelectorAll('main img')].map(image => [image.naturalWidth, image.alt])"
    )
    assert len(images) > 20 and all(wide > 100 for wide, _ in images)
    told = f"Does codistillation match all_reduce when weight decay is decayed? {read.figures['fig2'].answer}"
    assert told in [alt for _, alt in images]
    for name, figure in read.figures.items():  # as many as under its picture and in the README
        badges = f"[...document.getElementById('laptop/{name}').querySelectorAll('.badges .badge')]"
        told = browser.run(f"{badges}.map(badge => badge.textContent)")
        # the papers' claims, then ours
        verdicts = Counter((claim.ours, claim.verdict) for claim in figure.claims)
        said = sorted(f"{count} {verdict}" for (_, verdict), count in verdicts.items())
        assert sorted(badge[2:] for badge in told) == said, (name, told)
    for name in browser.run(SHOWN):
        browser.run(f"document.getElementById('{name}').querySelector('a').click()")
        assert browser.run(OPENED) == name
    blank = browser.run("document.getElementById('laptop/ours_views').textContent")
    assert "Not run yet: make ours_views" in blank


def test_a_filter_hides_the_others_says_how_many_are_left_and_stands_in_the_address(
    browser, page, read
):
    browser.open(page.as_uri())
    every = browser.run(SHOWN)
    browser.run("document.querySelector('[name=verdict][value=holds]').click()")
    left = browser.run(SHOWN)
    own = {
        f"laptop/{name}"
        for name, figure in read.figures.items()
        if "holds" in {c.verdict for c in figure.claims}
    }
    assert set(left) == own, "not what other figures claim of its experiments"
    assert (
        browser.run("shown.textContent")
        == f"{len(left)} of {len(every)} figures and experiments shown"
    )
    browser.run("document.querySelector('[name=paper][value=ours]').click()")
    both = browser.run(SHOWN)
    assert both and set(both) == {name for name in left if "/ours_" in name}
    browser.open(browser.run("location.href"))  # a link leads to the same
    assert browser.run(SHOWN) == both
    browser.run("document.querySelector('[type=reset]').click()")
    browser.until(SHOWN, every)


def test_an_address_opens_a_figure_with_its_claims_and_runs(browser, page, logs, read):
    browser.open(page.as_uri() + "#fig2")
    assert browser.run(OPENED) == "laptop/fig2"
    text = browser.run("document.querySelector('dialog[open]').textContent")
    for claim in read.figures["fig2"].claims:
        assert claim.says in text and claim.found in text and claim.where in text
    assert (
        "C01: initial L2 of codistillation" in text
        and "Goyal's value, and the papers give it twice" in text
    )
    assert "76.13" in text and "make fig2" in text and "codist_fixed: 1 of 3 diverged" in text
    browser.run(
        "arm = document.querySelector('dialog[open] [data-arm=\"laptop/all_reduce\"]'); arm.open = true"
    )
    browser.until(
        "[...arm.querySelectorAll('p code')].map(code => code.textContent)",
        [
            f"python src/run.py sweep=regularization arm=all_reduce seed={seed} place.shipped=null"
            for seed in (1, 2, 3)
        ],
    )
    assert "No seed is marked as odd: that takes 5 seeds" in browser.run("arm.textContent")
    browser.run("arm.querySelectorAll('details').forEach(one => { one.open = true })")
    rows = (
        "[...arm.querySelectorAll('.rows')].map(rows => rows.querySelectorAll('tbody tr').length)"
    )
    browser.until(rows, [3, 30, 30, 30])
    # text that looks like HTML is text
    markup = yaml.safe_load(
        (logs / "laptop" / "regularization" / "all_reduce" / "1" / "config.yaml").read_text()
    )["note"]
    assert "<img src=x" in markup and markup in browser.run("arm.textContent")
    assert browser.run("document.querySelectorAll('img[src=x]').length") == 0


def test_keys_alone_open_and_close_a_figure_and_come_back_to_it(browser, page):
    browser.open(page.as_uri())
    focus = "document.activeElement.closest('.card')?.id"
    # a line around what has the focus, around its whole card or its label
    seen = "[getComputedStyle(at), getComputedStyle(at, '::after'), getComputedStyle(at.parentElement)]"
    card = None
    while card is None:
        browser.press("Tab")
        assert browser.run("(at = document.activeElement) != document.body")
        assert "solid" in browser.run(f"{seen}.map(style => style.outlineStyle)"), browser.run(
            "at.outerHTML"
        )
        card = browser.run(focus)
    assert card == browser.run(SHOWN)[0]
    browser.press("Enter")
    browser.until(OPENED, card)
    assert browser.run("document.activeElement.closest('dialog')?.dataset.of") == card
    browser.press("Escape")
    browser.until(f"[{OPENED} ?? null, {focus}]", [None, card])
    browser.press("Tab")
    browser.until(focus, browser.run(SHOWN)[1])


@pytest.mark.parametrize("wide", [360, 390, 1280])
def test_nothing_hangs_over_the_edge_of_a_phone_or_a_laptop(browser, page, wide):
    over = "[...document.querySelectorAll('html, dialog[open]')].map(one => one.scrollWidth - one.clientWidth)"
    # pictures and tables that hang over their frame
    cut = """[...document.querySelectorAll('{} .paper > *')].filter(
        one => one.getBoundingClientRect().right > one.parentElement.getBoundingClientRect().right + 0.5
    ).map(one => one.outerHTML.slice(0, 80))"""
    browser.open(page.as_uri(), wide)
    assert browser.run(over) == [0]
    assert wide > 720 or browser.run(cut.format("main")) == []
    for name in (
        "laptop/fig2",
        "laptop/table1",
        "laptop/anil_table1",
        "laptop/ours_views",
        "anil.text_staleness",
    ):
        browser.run(f"location.hash = '{name}'")
        browser.until(OPENED, name)
        browser.until(UNFOLD, 0)
        assert browser.run(over) == [0, 0], name
        assert wide > 720 or browser.run(cut.format("dialog[open]")) == [], name


def test_light_and_dark_as_the_system_has_it_or_as_one_says(browser, page):
    back = "getComputedStyle(document.body).backgroundColor"
    browser.open(page.as_uri())
    light = browser.run(back)
    browser.open(page.as_uri(), dark=True)
    dark = browser.run(back)
    assert light != dark
    flipped = "getComputedStyle(document.querySelector('.card img')).filter"
    assert "invert" in browser.run(flipped), "white paper would shine in the dark"
    browser.run("document.getElementById('theme').click()")
    assert browser.run(back) == light and browser.run(flipped) == "none"
    browser.open(page.as_uri() + "#theme=dark")
    assert browser.run(back) == dark


def test_who_hears_the_page_is_told_what_each_picture_shows(browser, page):
    browser.open(page.as_uri() + "#fig2")
    dumb = "'img:not([alt]), img[alt=\"\"], svg:not([role=img][aria-label]):not([aria-hidden])'"
    assert browser.run(f"document.querySelectorAll({dumb}).length") == 0
    tree = browser("Accessibility.getFullAXTree")["nodes"]
    roles = Counter(node["role"]["value"] for node in tree if not node["ignored"])
    assert roles["dialog"] == 1 and roles["heading"] > 5 and roles["image"] > 5
    browser.open(page.as_uri())
    tree = browser("Accessibility.getFullAXTree")["nodes"]
    named = {
        (node["role"]["value"], node.get("name", {}).get("value"))
        for node in tree
        if not node["ignored"]
    }
    assert ("navigation", "Filters") in named and ("group", "verdict") in named
    assert {"banner", "main", "status"} <= {role for role, _ in named}


def test_the_same_results_give_the_same_bytes(page, logs, tmp_path):
    again = tmp_path / "again.html"
    environment = os.environ | {
        "PYTHONHASHSEED": "7",
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "figures.page", "--from", logs, "--out", again],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    file, totals = done.stdout.splitlines()
    assert file.startswith("page         again.html new, ") and totals.startswith(
        "total        laptop scale: papers "
    )
    assert hashlib.sha256(again.read_bytes()).digest() == hashlib.sha256(page.read_bytes()).digest()
    runs = len(list(logs.glob("*/*/*/*/done.json")))
    assert len(page.read_bytes()) < 9_000 * runs  # it grows by its runs alone


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--scale", "laptp"], "did you mean laptop?"),
        (["--from", "nowhere"], "nowhere is no folder"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(words, says, capsys):
    with pytest.raises(SystemExit) as ended:
        main(words)
    said = capsys.readouterr().err
    assert ended.value.code == 2 and says in said and said.count("\n") == 1


def test_a_search_finds_figures_claims_and_arms_by_all_of_its_words(browser, page, read):
    browser.open(page.as_uri())
    type_in = "query.value = '{}'; query.dispatchEvent(new Event('input'))"
    browser.run(type_in.format("Initialization CLOSER"))
    (card,) = [name for name in browser.run(SHOWN) if name.endswith("/fig7")]
    found = browser.run(
        "[...document.getElementById('hits').querySelectorAll('a')].map(link => link.hash)"
    )
    assert "#fig7.nearer" in found and "#fig2.batch_128" not in found
    told = "document.querySelector('#hits a[href=\"#fig7.nearer\"]').parentElement.textContent"
    nearer = next(claim for claim in read.claims if claim.id == "fig7.nearer")
    assert f"digits: {nearer.verdict}" in browser.run(told)
    browser.open(browser.run("location.href"))  # a link leads to the same
    assert browser.run("query.value") == "Initialization CLOSER" and card in browser.run(SHOWN)
    browser.run("document.getElementById('hits').querySelector('a[href=\"#fig7.nearer\"]').click()")
    browser.until(OPENED, "laptop/fig7")
    assert (
        browser.run("document.querySelector('dialog[open] .here').dataset.claim") == "fig7.nearer"
    )
    browser.press("Escape")
    browser.run(type_in.format("batch_1024"))
    assert "#laptop/batch_1024" in browser.run(
        "[...document.getElementById('hits').querySelectorAll('a')].map(link => decodeURI(link.hash))"
    )
    browser.run(type_in.format("no such words"))
    assert browser.run(SHOWN) == []
    browser.run("document.querySelector('[type=reset]').click()")
    browser.until("document.getElementById('hits').hidden", True)


def test_below_the_main_claims_are_links_to_what_it_costs(browser, page, read):
    browser.open(page.as_uri())
    link = "document.querySelector('#answer a[href=\"#ours_budget\"]')"
    assert browser.run(f"{link}.textContent") == read.figures["ours_budget"].question
    browser.click(link)
    browser.until(OPENED, "laptop/ours_budget")
    browser.press("Escape")


def test_a_click_right_after_typing_follows_the_link_under_the_pointer(browser, page):
    """It takes the focus from the search field, which then says that it has changed."""
    browser.open(page.as_uri())
    browser.run("query.focus()")
    browser("Input.insertText", text="codist_fixed")
    link = "document.querySelector('#hits a[href=\"#laptop/codist_fixed\"]')"
    browser.until(f"{link} !== null", True)
    browser.click(link)
    browser.until(
        "document.querySelector('dialog[open] details.here')?.dataset.arm", "laptop/codist_fixed"
    )
    browser.run("document.querySelector('dialog[open]').close()")


def test_a_seed_far_from_the_others_is_marked_where_there_are_enough(browser, page):
    """The others' mean is 1, their deviation sqrt((2 x 0.1^2 + 2 x 0.3^2) / 3) = 0.258: 3.9 is 11.2 of them away."""
    browser.open(page.as_uri())
    others = [0.9, 1.1, 0.7, 1.3]
    assert browser.run(f"marked({[*others, 3.9]})") == [
        "0.9",
        "1.1",
        "0.7",
        "1.3",
        "3.9 (+11.2 SD)",
    ]
    assert browser.run(f"marked({[*others, 1.9]})")[-1] == "1.9"
    assert browser.run(f"marked({[*others[:3], 99]})")[-1] == "99"
    assert browser.run("marked([1, 1, 1, 1, 2])") == ["1", "1", "1", "1", "2 (+999.0 SD)"]
    assert browser.run("marked([1, 1, 1, 1, 1])") == ["1"] * 5


def test_the_claims_of_what_is_shown_are_saved_as_csv(browser, page, read, tmp_path):
    browser.open(page.as_uri() + "#q=fig3")
    file = browser.saved("document.getElementById('save-claims').click()", tmp_path)
    with open(file, newline="") as lines:
        rows = {row["claim"]: row for row in csv.DictReader(lines)}
    parity = next(claim for claim in read.claims if claim.id == "fig3.parity")
    assert rows[parity.id]["verdict"] == parity.verdict and rows[parity.id]["says"] == parity.says
    assert float(rows[parity.id]["gap"]) == pytest.approx(parity.evidence.gap, rel=1e-5)
    assert "fig7.nearer" not in rows


def test_an_address_that_leads_nowhere_says_so_and_names_the_nearest(browser, page):
    browser.open(page.as_uri() + "#fig99")
    assert browser.run(f"{LOST}.hidden || {LOST}.textContent").startswith(
        "Nothing here is named fig99."
    )
    assert browser.run(f"{LOST}.querySelectorAll('a').length") == 3
    browser.run("location.hash = 'fig2.parity_decayd'")
    browser.until(f"{LOST}.querySelector('a')?.textContent", "fig2.parity_decayed")
    browser.run(f"{LOST}.querySelector('a').click()")
    browser.until(OPENED, "laptop/fig2")
    assert browser.run(f"{LOST}.hidden")
    browser.run("location.hash = '%E0%A4%A'")  # no UTF-8
    browser.until(f"{LOST}.hidden", False)


def test_arrow_keys_lead_to_the_next_figure_and_back(browser, page):
    browser.open(page.as_uri())
    first, second, *_, last = browser.run(SHOWN)
    browser.run(f"document.getElementById('{first}').querySelector('a').focus()")
    focus = "document.activeElement.closest('.card')?.id"
    browser.press("ArrowRight")
    assert browser.run(focus) == second
    browser.press("ArrowLeft")
    browser.press("Enter")
    browser.until(OPENED, first)
    browser.press("ArrowRight")
    browser.until(OPENED, second)
    browser.press("ArrowLeft")
    browser.press("ArrowLeft")
    browser.until(OPENED, last)
