"""Figures of many arms on the page: lines of one colour differ, and the lists leave room for the curves."""

from collections import Counter

import pytest

KEYS = "armsIn(document.querySelector('dialog[open]'))"
SAMPLES = """[...document.querySelectorAll('dialog[open] {} .sample')].map(one => one.outerHTML)"""


@pytest.mark.parametrize("figure", ["fig16", "anil_fig1", "ours_rivals"])
def test_no_two_arms_of_a_figure_look_alike(browser, page, figure):
    browser.open(f"{page.as_uri()}#{figure}")
    colours = Counter(browser.run(f"{KEYS}.map(key => armOf(key).colour)"))
    assert max(colours.values()) > 1, "colours are shared"
    looks = browser.run(f"{KEYS}.map(key => [armOf(key).colour, lookOf(key, {KEYS})])")
    assert len({str(look) for look in looks}) == len(looks) == colours.total()
    switches = browser.run(SAMPLES.format(".switches"))
    assert {*switches} == {*browser.run(SAMPLES.format("[data-arm]"))}
    assert len({*switches}) == len(switches)


def test_a_line_is_drawn_as_its_sample(browser, page):
    browser.open(f"{page.as_uri()}#fig16")
    drawn = browser.run("""opened.get('laptop/fig16').plots[0].series.slice(1)
        .map(one => [one.label, (one.dash ?? []).join(' ')])""")
    values = "document.querySelector('dialog[open] .values').querySelectorAll('li:not(.at)')"
    shown = browser.run(f"""[...{values}].map(one => [one.textContent.trim().split(' ')[0],
        one.querySelector('line').getAttribute('stroke-dasharray')])""")
    assert drawn == shown and len({dash for _, dash in drawn}) > 1


def test_many_arms_leave_room_for_the_curves_on_a_phone(browser, page):
    browser.open(f"{page.as_uri()}#ours_rivals", 390)
    high = "document.querySelector('dialog[open] .switches fieldset').clientHeight"
    assert browser.run(f"{KEYS}.length") > 100 and browser.run(high) < 250
    on = "[...document.querySelectorAll('dialog[open] [name=arms]')].map(one => one.checked)"
    checked = browser.run(on)
    assert any(checked) and checked == sorted(checked, reverse=True), "what is on comes first"


def test_a_claim_on_one_bed_only_shows_its_gap_once(browser, page):
    browser.open(f"{page.as_uri()}#ours_rivals")
    pictures = """[...document.querySelectorAll('dialog[open] [data-claim]')]
        .map(one => one.querySelectorAll('svg').length)"""
    assert set(browser.run(pictures)) <= {0, 1}
