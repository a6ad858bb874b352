"""Lines of arms that share a colour on the page: they differ by dashes and points, in the chart and in the lists."""

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
    assert switches == browser.run(SAMPLES.format("[data-arm]"))
    assert len({*switches}) == len(switches)


def test_a_line_is_drawn_as_its_sample(browser, page):
    browser.open(f"{page.as_uri()}#fig16")
    drawn = browser.run("""opened.get('laptop/fig16').plots[0].series.slice(1)
        .map(one => [one.label, (one.dash ?? []).join(' ')])""")
    shown = browser.run("""[...document.querySelector('dialog[open] .values').querySelectorAll('li:not(.at)')].map(one =>
        [one.textContent.trim().split(' ')[0], one.querySelector('line').getAttribute('stroke-dasharray')])""")
    assert drawn == shown and len({dash for _, dash in drawn}) > 1
