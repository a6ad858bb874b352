"""The curves of the page in a real browser: lines, values under the pointer, zoom, switches, files, comparisons."""

import csv
import hashlib
from pathlib import Path

import pytest
from curves import CHARTS, RANGES, TITLES, VALUES, canvas, press, switch

from codist import runlog
from codist.metrics import CHARTED

ROOT = Path(__file__).parents[2]
UPLOT = ROOT / "figures" / "page" / "uplot"
FIG7 = ("all_reduce", "codist_fixed", "independent_fixed", "all_reduce_same_lr")


def pixels(browser, colour: str) -> int:
    """How many pixels of the first chart are of about this colour."""
    red, green, blue = (int(colour[k : k + 2], 16) for k in (1, 3, 5))
    return browser.run(f"""(() => {{ const drawn = {CHARTS}[0].querySelector('canvas');
        const {{data}} = drawn.getContext('2d').getImageData(0, 0, drawn.width, drawn.height);
        const off = (k, wanted) => Math.abs(data[k] - wanted);
        let found = 0;
        for (let k = 0; k < data.length; k += 4)
            found += data[k + 3] > 200 && off(k, {red}) + off(k + 1, {green}) + off(k + 2, {blue}) < 30;
        return found; }})()""")


@pytest.fixture
def fig7(browser, page):
    browser.open(page.as_uri() + "#fig7")
    return browser


def test_the_library_is_the_published_one_and_its_licence_is_in_the_page(page):
    for line in (UPLOT / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split()
        assert hashlib.sha256((UPLOT / name).read_bytes()).hexdigest() == digest, name
    text = page.read_text()
    assert (UPLOT / "uPlot.iife.min.js").read_text() in text
    assert (UPLOT / "LICENSE").read_text() in text


def test_each_metric_has_one_chart_with_a_line_for_each_arm(fig7, logs):
    arms = fig7.run("armsIn(document.querySelector('dialog[open]'))")
    rows = runlog.rows(logs / "laptop" / "regularization" / "codist_fixed" / "1")
    there = [CHARTED[name] for name in CHARTED if rows[0].get(name) is not None]
    assert [title.removesuffix(", logarithmic") for title in fig7.run(TITLES)] == there
    assert list(fig7.run(VALUES)) == [arm.removeprefix("laptop/") for arm in arms]


def test_arms_seeds_and_models_are_switched_on_and_off(fig7):
    colour = fig7.run("runs.arms['laptop/codist_fixed'].colour")
    before = pixels(fig7, colour)
    assert before > 50
    switch(fig7, "arms", "codist_fixed")
    assert "codist_fixed" not in fig7.run(VALUES) and pixels(fig7, colour) < before / 10
    switch(fig7, "arms", "codist_fixed")
    switch(fig7, "seeds", "mean of the seeds", "seed 1", "seed 3")
    switch(fig7, "models", "model 1")
    lines = [name for name in fig7.run(VALUES) if name.startswith("codist_fixed")]
    assert lines == [
        f"codist_fixed, seed {seed}{model}" for model in ("", ", model 1") for seed in (1, 3)
    ]
    assert not [
        name for name in fig7.run(VALUES) if name.startswith("all_reduce, ") and "model" in name
    ]
    fig7.run(press("none"))
    assert fig7.run(f"{CHARTS}.length") == 0
    assert fig7.run(
        "document.querySelector('dialog[open] .overlay [role=status]').textContent"
    ).startswith("Nothing is shown")


def test_the_value_under_the_pointer_is_that_of_the_log(fig7, logs):
    ends = fig7.run(VALUES)
    x, y, wide, high = canvas(fig7)
    fig7.point(x + 0.4 * wide, y + high / 2)
    rows = runlog.rows(logs / "laptop" / "regularization" / "all_reduce" / "1")
    each = [
        [
            row["train_loss"]
            for row in runlog.rows(logs / "laptop" / "regularization" / "all_reduce" / str(seed))
        ]
        for seed in (1, 2, 3)
    ]
    last = rows[-1]["update"]
    low, high = fig7.run(
        "(({min, max}) => [min, max])(opened.get('laptop/fig7').plots[0].scales.x)"
    )
    nearest = min(
        range(len(rows)), key=lambda k: abs(rows[k]["update"] / last - low - 0.4 * (high - low))
    )
    mean = [sum(seeds) / 3 for seeds in zip(*each, strict=True)]
    assert float(fig7.run(VALUES)["all_reduce"]) == pytest.approx(mean[nearest], rel=1e-3)
    assert float(ends["all_reduce"]) == pytest.approx(mean[-1], rel=1e-3)
    fig7.point(5, 5)  # beside the chart
    assert fig7.run(VALUES) == ends


def test_dragging_zooms_all_charts_and_a_button_shows_the_whole_curves(fig7):
    whole = fig7.run(RANGES)
    x, y, wide, high = canvas(fig7)
    fig7.drag((x + wide / 2, y + high / 2), (x + wide * 3 / 4, y + high / 2))
    low, high = whole[0]
    for left, right in fig7.run(RANGES):
        assert left == pytest.approx(low + (high - low) / 2, abs=0.02)
        assert right == pytest.approx(low + (high - low) * 3 / 4, abs=0.02)
    fig7.run(press("Zoom out"))
    assert fig7.run(RANGES)[0][1] - fig7.run(RANGES)[0][0] > (high - low) / 3
    fig7.run(press("Whole curves"))
    assert fig7.run(RANGES) == whole


def test_keys_read_values_without_a_pointer(fig7):
    fig7.run("slider = document.querySelector('dialog[open] [type=range]'); slider.focus()")
    for _ in range(300):
        fig7.press("ArrowLeft")
    assert fig7.run("document.querySelector('dialog[open]').dataset.of") == "laptop/fig7"
    told = fig7.run("slider.getAttribute('aria-valuetext')")
    assert "share of the updates" in told and "codist_fixed" in told
    assert f"codist_fixed {fig7.run(VALUES)['codist_fixed']}" in told


def test_what_is_shown_is_saved_as_csv(fig7, logs, tmp_path):
    switch(fig7, "arms", *(arm for arm in fig7.run(VALUES) if arm != "codist_fixed"))
    switch(fig7, "seeds", "mean of the seeds", "seed 3")
    with open(fig7.saved(press("Save as CSV"), tmp_path), newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {(row["arm"], row["seed"], row["model"]) for row in rows} == {
        ("laptop/codist_fixed", "3", "mean")
    }
    logged = runlog.rows(logs / "laptop" / "regularization" / "codist_fixed" / "3")
    distances = [float(row["value"]) for row in rows if row["metric"] == "distance"]
    assert len(distances) == len({row["update"] for row in logged})


def test_over_bits_sent_an_arm_that_sends_nothing_is_named(fig7):
    fig7.run("""(() => { const axis = document.querySelector('dialog[open] .tools select');
        axis.value = 'sent_bits'; axis.dispatchEvent(new Event('change')); })()""")
    told = fig7.run("document.querySelector('dialog[open] .overlay [role=status]').textContent")
    assert told == "Without a line here, as they send nothing: independent_fixed."


def test_a_claim_shows_the_curves_that_it_compares(fig7):
    fig7.run(
        "document.querySelector('dialog[open] [data-claim=\"fig7.nearer\"] [data-curves]').click()"
    )
    assert set(fig7.run(VALUES)) == {"codist_fixed", "all_reduce"}


def test_figures_and_arms_are_shown_side_by_side(browser, page):
    browser.open(page.as_uri() + "#fig7")
    pin = "document.querySelector('dialog[open] .pin').click()"
    browser.run(pin)
    browser.run("location.hash = 'laptop/fig3&' + location.hash.split('&').slice(1).join('&')")
    browser.until("document.querySelector('dialog[open]').dataset.of", "laptop/fig3")
    browser.run(pin)
    browser.run("document.querySelector('dialog[open] .beside').click()")
    browser.until("document.querySelector('dialog[open]').dataset.of", "compare")
    browser.open(browser.run("location.href"))  # a link leads to the same
    beside = "[...document.querySelectorAll('dialog[open] .beside-each-other {}')].map(one => {})"
    heads = beside.format("h3 a", "one.hash")
    assert browser.run(heads) == ["#laptop/fig7", "#laptop/fig3"]
    tops = beside.format("img", "[one.getBoundingClientRect().x, one.naturalWidth]")
    (left, wide), (right, _) = browser.run(tops)
    assert left < right and wide > 100
    assert {"codist_fixed", "codist_cosine"} <= browser.run(VALUES).keys()
    rows = "[...document.querySelectorAll('dialog[open] .rows tbody tr')].map(row => row.cells[0].textContent)"
    assert "exchange.kind" in browser.run(rows) or "n" in browser.run(rows)
    browser.run("document.querySelector('[aria-label=\"Remove laptop/fig3\"]').click()")
    browser.until(heads, ["#laptop/fig7"])


def test_a_log_of_one_row_is_drawn_as_a_point(browser, page):
    """Between equal ends of an axis the library would look for ticks without end."""
    browser.open(page.as_uri())
    browser.run("""armsIn(dialogOf('laptop/fig7')).flatMap(key => runs.arms[key].seeds).forEach(({rows}) => {
        for (const name in rows)
            if (Array.isArray(rows[name])) rows[name] = rows[name].map(model => model.slice(-1)); })""")
    browser.run("location.hash = '#laptop/fig7'")
    browser.until(f"{CHARTS}.length > 0", True)
    browser.run(
        "opened.get('laptop/fig7').show(['laptop/all_reduce'])"
    )  # another arm has a shorter run
    assert browser.run("opened.get('laptop/fig7').plots[0].data[0]") == [1]
    browser.run("new Promise(requestAnimationFrame)")
    assert pixels(browser, browser.run("runs.arms['laptop/all_reduce'].colour")) > 5
    browser.run("document.querySelector('dialog[open]').close()")
