"""Switches and zoom of the curves are in the address: links, reloads and the browser's Back show the same."""

import pytest
from curves import NOTE, OVERHANG, RANGES, TITLES, VALUES, canvas, press, switch

HASH = "location.hash"
CHECKED = "[...document.querySelectorAll('dialog[open] .switches label:has(:checked)')]"
ON = f"{CHECKED}.map(one => one.textContent.trim())"
AXIS = "document.querySelector('dialog[open] .tools label:has(+ label [type=range]) select')"
OVER = f"{AXIS}.value"
DIALOG = "document.querySelector('dialog[open]')?.dataset.of"
ARMS = "armsIn(document.querySelector('dialog[open]')).map(key => key.split('/')[1])"
HEADS = (
    "[...document.querySelectorAll('dialog[open] .rows thead th')].map(cell => cell.textContent)"
)
SIDE_BY_SIDE = "#compare&with=laptop/fig7&with=laptop/fig3"
SCREENS = pytest.mark.parametrize("wide", [390, 1280], ids=("phone", "desktop"))


def shown(browser) -> list:
    """The lines with their values, the switches that are on, the axis and the charts."""
    return [browser.run(script) for script in (VALUES, ON, OVER, TITLES)]


def over(axis: str) -> str:
    return f"{AXIS}.value = '{axis}'; {AXIS}.dispatchEvent(new Event('change'))"


@SCREENS
def test_a_link_a_reload_and_back_show_the_same_curves(browser, page, wide):
    browser.open(page.as_uri() + "#fig7", wide)
    arms = browser.run(ARMS)
    before = shown(browser)
    switch(browser, "arms", *(arm for arm in arms if arm not in ("all_reduce", "codist_fixed")))
    switch(browser, "seeds", "mean of the seeds", "seed 1", "seed 3")
    switch(browser, "models", "model 1")
    browser.run(over("update"))
    there = "#fig7&arms=all_reduce,codist_fixed&seeds=1,3&models=mean,1&axis=update"
    assert browser.run(HASH) == there
    switched = shown(browser)
    assert switched != before
    assert len(switched[0]) == 6, "two seeds of each arm, and two more of codist_fixed's model 1"

    browser.open(page.as_uri() + there, wide)
    assert shown(browser) == switched
    browser.reload()
    assert shown(browser) == switched

    browser.press("ArrowRight")
    browser.until(f"{DIALOG} !== 'laptop/fig7'", True)
    assert "arms=" not in browser.run(HASH), "another figure begins with its defaults"
    browser.run("history.back()")
    browser.until(DIALOG, "laptop/fig7")
    assert browser.run(HASH) == there and shown(browser) == switched


def test_a_link_a_reload_and_back_show_the_same_zoom_and_a_double_click_removes_it(browser, page):
    browser.open(page.as_uri() + "#fig7")
    whole = browser.run(RANGES)
    x, y, wide, high = canvas(browser)
    middle = x + wide / 2, y + high / 2
    browser.drag(middle, (x + wide * 3 / 4, y + high / 2))
    browser.until(f"{HASH}.startsWith('#fig7&zoom=')", True)
    link, zoomed = browser.run(HASH), browser.run(RANGES)
    ends = [float(end) for end in link.removeprefix("#fig7&zoom=").split("-")]
    assert zoomed[0] == pytest.approx(ends, rel=1e-3) and zoomed == [zoomed[0]] * len(zoomed)

    for again in (lambda: browser.open(page.as_uri() + link), browser.reload):
        again()
        assert browser.run(RANGES) == [ends] * len(whole) and browser.run(HASH) == link
    browser.press("ArrowRight")
    browser.until(f"{DIALOG} !== 'laptop/fig7'", True)
    assert "zoom=" not in browser.run(HASH)
    browser.run("history.back()")
    browser.until(DIALOG, "laptop/fig7")
    assert browser.run(RANGES) == [ends] * len(whole) and browser.run(HASH) == link

    switch(browser, "seeds", "seed 1")
    assert browser.run(HASH) == f"#fig7&seeds=mean,1&{link.removeprefix('#fig7&')}"
    assert browser.run(RANGES) == [ends] * len(whole)
    x, y, wide, high = canvas(browser)
    browser.drag((x + wide / 2, y + high / 2), (x + wide / 2, y + high / 2), clicks=2)
    browser.until(HASH, "#fig7&seeds=mean,1")
    assert browser.run(RANGES) == whole


def test_another_axis_shows_the_whole_curves_and_takes_a_zoom_of_its_own(browser, page):
    browser.open(page.as_uri() + "#fig7&axis=update&zoom=10-100")
    assert browser.run(RANGES)[0] == [10, 100]
    browser.run(over("epoch"))
    assert browser.run(HASH) == "#fig7&axis=epoch" and browser.run(RANGES)[0] == [1, 30]
    browser.run(over("sent_bits"))  # logarithmic
    assert browser.run(HASH) == "#fig7&axis=sent_bits"
    whole = browser.run(RANGES)
    browser.run(press("Zoom in"))
    browser.until(f"{HASH}.startsWith('#fig7&axis=sent_bits&zoom=')", True)
    link, zoomed = browser.run(HASH), browser.run(RANGES)
    assert zoomed != whole
    browser.open(page.as_uri() + link)
    assert browser.run(RANGES) == zoomed and browser.run(HASH) == link
    browser.run(press("Whole curves"))
    browser.until(HASH, "#fig7&axis=sent_bits")
    assert browser.run(RANGES) == whole


def test_defaults_are_not_in_the_address(browser, page):
    browser.open(page.as_uri() + "#fig7")
    before = shown(browser)
    arm = browser.run(ARMS)[-1]
    switch(browser, "arms", arm)
    assert browser.run(HASH).startswith("#fig7&arms=") and arm not in browser.run(HASH)
    switch(browser, "arms", arm)
    assert browser.run(HASH) == "#fig7" and shown(browser) == before
    browser.run(press("none"))
    assert browser.run(HASH) == "#fig7&arms="
    browser.reload()
    assert browser.run(NOTE).startswith("Nothing is shown"), "no arm is not the default"


def test_a_closed_figure_opens_with_its_defaults_and_the_filters_stay(browser, page):
    browser.open(page.as_uri() + "#fig7.nearer&paper=v2&theme=dark")
    before = shown(browser)
    switch(browser, "seeds", "seed 2")
    assert browser.run(HASH) == "#fig7.nearer&paper=v2&theme=dark&seeds=mean,2"
    browser.press("Escape")
    browser.until(HASH, "#paper=v2&theme=dark")
    browser.run("document.getElementById('laptop/fig7').querySelector('a').click()")
    browser.until(DIALOG, "laptop/fig7")
    assert shown(browser) == before


@SCREENS
@pytest.mark.parametrize(
    ("parts", "says", "arms"),
    [
        ("arms=all_reduce,codist_fxied", "arm codist_fxied", ["all_reduce"]),
        ("arms=laptop", "arm laptop", None),
        (f"arms={'codist' * 40}", f"arm {'codist' * 40}", None),
        ("seeds=99&models=7&axis=weeks", "seed 99, model 7, axis weeks", None),
        ("zoom=0.6-0.2&zoom=7-9", "zoom 0.6-0.2, zoom 7-9", None),
        ("constructor=1&arms=%3Cb%3E", "arm <b>", None),
    ],
    ids=("one of two", "all", "long", "others", "zoom", "markup"),
)
def test_what_an_address_names_in_vain_is_ignored_and_named(browser, page, wide, parts, says, arms):
    browser.open(page.as_uri() + f"#fig7&{parts}", wide)
    assert browser.run(NOTE) == f"Nothing here is named {says}."
    assert list(browser.run(VALUES)) == (arms or browser.run(ARMS))
    assert browser.run(OVERHANG) == [0, 0]
    switch(browser, "seeds", "seed 1")
    assert browser.run(NOTE) == ""
    assert browser.run(HASH).endswith("&arms=all_reduce&seeds=mean,1" if arms else "&seeds=mean,1")


def test_figures_side_by_side_keep_their_switches_until_one_is_added_or_removed(browser, page):
    browser.open(page.as_uri() + SIDE_BY_SIDE)
    before = shown(browser)
    switch(browser, "arms", "codist_cosine", "all_reduce")
    link, switched = browser.run(HASH), shown(browser)
    assert link.startswith(f"{SIDE_BY_SIDE}&arms=") and switched != before
    browser.open(page.as_uri() + link)
    assert shown(browser) == switched
    differing = browser.run(HEADS)
    assert "codist_fixed" in differing and not {"codist_cosine", "all_reduce"} & {*differing}
    browser.run("document.querySelector('[aria-label=\"Remove laptop/fig3\"]').click()")
    browser.until(HASH, "#compare&with=laptop/fig7")
