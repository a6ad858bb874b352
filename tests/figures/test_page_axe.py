"""axe-core finds no barrier in the page: names, roles, contrast, order of headings."""

import gzip
import hashlib
from pathlib import Path

import pytest

AXE = Path(__file__).parents[1] / "support" / "axe"
SCRIPT = gzip.decompress((AXE / "axe.min.js.gz").read_bytes())
SIDE_BY_SIDE = "#compare&with=laptop/fig7&with=laptop/fig3&with=laptop/codist_fixed"
UNFOLD = "document.querySelectorAll('.top details').forEach((one) => { one.open = true; })"
# an arm with its config and one log; all logs are alike, and axe would read each cell
OPEN_ARM = """(() => {
    const arm = document.querySelector('dialog[open] [data-arm="laptop/all_reduce"]');
    arm.open = true;
    return new Promise(done => setTimeout(() => {
        [...arm.querySelectorAll('details')].slice(0, 4).forEach((one) => { one.open = true; });
        done();
    }, 100));
})()"""
# Of what is on the screen, with three pictures of each paper: all are alike, and each has an address of 80 kB, which
# axe reads again and again. Closed dialogs would be skipped, but slowly.
FOUND = """(() => {
    document.querySelectorAll('dialog:not([open]), .card:nth-child(n+4) .paper').forEach((one) => one.remove());
    const told = ({id, impact, nodes}) => nodes.map(({html}) => `${impact}: ${id}: ${html.slice(0, 200)}`);
    return axe.run(document.querySelector('dialog[open]') || document, {resultTypes: ['violations']})
        .then(({violations}) => violations.flatMap(told));
})()"""


def test_axe_is_the_published_one():
    published = dict(
        reversed(line.split()) for line in (AXE / "SHA256SUMS").read_text().splitlines()
    )
    assert hashlib.sha256(SCRIPT).hexdigest() == published["axe.min.js"]
    assert hashlib.sha256((AXE / "LICENSE").read_bytes()).hexdigest() == published["LICENSE"]


@pytest.mark.parametrize(
    ("address", "wide", "dark", "before"),
    [
        ("", 1280, False, UNFOLD),
        ("", 390, True, UNFOLD),
        ("#q=batch", 390, False, "0"),
        ("#fig99", 1280, True, "0"),
        ("#fig2", 1280, True, OPEN_ARM),
        ("#fig2", 390, False, OPEN_ARM),
        ("#table1", 1280, False, "0"),
        (SIDE_BY_SIDE, 1280, False, "0"),
    ],
    ids=("wall", "phone", "search", "nowhere", "dark figure", "figure", "table", "side by side"),
)
def test_there_is_no_barrier(browser, page, address, wide, dark, before):
    browser.open(page.as_uri() + address, wide, dark=dark)
    browser.run(before)
    browser.run(SCRIPT.decode() + "; 0")
    assert browser.run(FOUND) == []


def test_a_barrier_is_found(browser, page):
    browser.open(page.as_uri() + "#fig7")
    browser.run(
        "document.querySelector('dialog[open] [type=range]').parentElement.firstChild.remove()"
    )
    browser.run(SCRIPT.decode() + "; 0")
    assert [found for found in browser.run(FOUND) if found.startswith("critical: label: ")]
