"""Rules for every figure: its size, capped intervals, bands, colours, and labels at the ends of curves."""

import re
from itertools import pairwise
from pathlib import Path

import fabricate
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from figures.drawing import colours, legends, panels, rules, sheet, style
from figures.evidence import names, results

FIGURES = Path(__file__).parents[2] / "figures"
DRAWN = [name for name in names.NAMES if hasattr(names.module(name), "draw")]


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    root = tmp_path_factory.mktemp("logs")
    fabricate.everything(root)
    sweeps = list(dict.fromkeys(sweep for sweep, *_ in fabricate.ARMS.values()))
    return results.read("laptop", sweeps, [root])


@pytest.fixture(scope="module")
def sheets(arms):
    return {name: sheet.draw(names.module(name), arms) for name in DRAWN}


def test_a_single_panel_is_as_wide_as_a_column_and_no_figure_exceeds_the_page(sheets):
    for name, figure in sheets.items():
        wide = 3.35 if names.module(name).PANELS == 1 else 7.0
        assert figure.get_size_inches()[0] == pytest.approx(wide), name
        for axis in figure.axes:
            high = axis.get_position().height * figure.get_size_inches()[1]
            assert high == pytest.approx(getattr(names.module(name), "HIGH", rules.HIGH)), name


def test_no_interval_or_band_of_an_accuracy_is_above_100_or_below_0():
    # mean 97; 95 % interval 97 ± 4.303 · 3 / √3 = 97 ± 7.45; ±1 SE: 1.73
    values = np.array([94.0, 97.0, 100.0])
    assert rules.interval(values, "valid_top1") == pytest.approx((89.55, 100.0), abs=0.01)
    assert rules.around(values, "valid_top1").ravel() == pytest.approx((7.45, 3.0), abs=0.01)
    assert rules.interval(values, "train_loss") == pytest.approx((89.55, 104.45), abs=0.01)
    low, high = rules.band(np.array([[0.0, 99.0], [3.0, 100.0], [0.0, 99.9]]), "disagreement")
    assert low.tolist() == pytest.approx([0.0, 99.32], abs=0.01) and high[1] <= 100.0


def test_no_figure_draws_an_accuracy_above_100(sheets):
    for name, figure in sheets.items():
        for axis in figure.axes:
            if "accuracy (%)" in axis.get_title("left"):
                bars = [part for one in axis.containers for part in one.lines[2]]
                ends = [point[1] for bar in bars for part in bar.get_segments() for point in part]
                assert all(not end > 100 for end in ends), name


def test_an_arm_has_its_own_colour_wherever_it_is_drawn(sheets):
    for name, figure in sheets.items():
        for axis in figure.axes:
            for line in axis.lines:
                if arm := line.get_gid():
                    assert line.get_color() == colours.COLOURS[arm], f"{name}: {arm}"


def test_no_figure_has_a_colour_that_the_table_of_colours_lacks():
    for path in FIGURES.glob("*/fig*.py"):
        assert not re.findall(r"#[0-9A-Fa-f]{6}", path.read_text()), path
    assert len(set(colours.METHODS.values())) == len(colours.METHODS)


def test_more_than_six_curves_are_labelled_at_their_ends_and_fewer_in_a_legend(sheets):
    for name, figure in sheets.items():
        listed = [line for legend in figure.legends for line in legend.get_lines()]
        curves = {legends.look(line) for axis in figure.axes for line in style.of_arms(axis)}
        if len(curves) > rules.LISTED:
            assert not any(line.get_gid() for line in listed), name
        for axis in figure.axes:
            labelled = {text.get_gid() for text in axis.texts} - {None}
            assert labelled in (set(), {line.get_gid() for line in style.of_arms(axis)}), name
    assert any(text.get_gid() for text in sheets["v1_fig14"].axes[0].texts)


def test_labels_at_the_ends_do_not_overlap(sheets):
    for name in ("v1_fig14", "fig4", "fig7", "ours_diagnostics"):
        figure = sheets[name]
        renderer = FigureCanvasAgg(figure).get_renderer()
        for axis in figure.axes:
            boxes = [text.get_window_extent(renderer) for text in axis.texts if text.get_gid()]
            boxes.sort(key=lambda box: box.y0)
            for below, above in pairwise(boxes):
                assert above.y0 >= below.y1 - 1, name


def test_places_stay_in_order_and_within_the_panel():
    assert legends.spread([0.5, 0.5, 0.1], [0.1, 0.1, 0.1]) == pytest.approx([0.5, 0.6, 0.1])
    assert legends.spread([0.99, 1.0], [0.2, 0.2]) == pytest.approx([0.7, 0.9])


def test_letters_are_dark_enough_to_read_on_white():
    for colour in {*colours.OWN.values(), *colours.FREE}:
        shade = np.array(legends.ink(colour))
        assert 1.05 / (shade**2.2 @ (0.2126, 0.7152, 0.0722) + 0.05) >= 3.0, colour
    assert legends.ink("#1A1A1A") == pytest.approx(to_rgb("#1A1A1A"))


def test_of_three_curves_only_those_that_the_claim_compares_have_bands(arms):
    def bands(*claims):
        axis = Figure().subplots()
        panels.curves(
            axis, arms, ("all_reduce", "codist_fixed", "codist_decayed"), "valid_top1", ""
        )
        rules.keep_bands(axis, claims)
        return {band.get_gid() for band in axis.collections if band.get_gid()}

    assert bands(("codist_decayed", "all_reduce")) == {"codist_decayed", "all_reduce"}
    assert bands(("wmt_codist",), ("codist_fixed",)) == {"codist_fixed"}
    assert len(bands(("wmt_codist",))) == 3  # no claim is about this panel


def test_the_papers_number_stands_beside_ours_where_the_scale_changed_it(arms):
    assert (rules.both(25, 625), rules.both(5, 5)) == ("25 (paper: 625)", "5")
    assert rules.both(32, 256, "2×") == "2×32 (paper: 2×256)"
    assert style.batch(arms["batch_512"]).endswith("(paper: 2×512)")


def test_losses_of_one_figure_have_one_unit(sheets):
    for name, figure in sheets.items():
        titles = [axis.get_title("left") for axis in figure.axes]
        units = {unit for title in titles for unit in re.findall(r"loss.*\((bits|nats)\)", title)}
        assert len(units) < 2, f"{name}: {units}"


def test_a_loss_in_nats_is_drawn_in_bits_beside_one_in_bits(arms):
    (arm,) = [arms["wmt_codist"]]
    assert panels.in_bits(arm, "train_nll").final("train_nll") == pytest.approx(
        arm.final("train_nll") / np.log(2)
    )


def test_a_distance_from_the_start_begins_at_0(sheets):
    for name, nth in (("fig7", 0), ("v1_fig1", 2)):
        axis = sheets[name].axes[nth]
        assert axis.get_xlim()[0] == axis.get_ylim()[0] == 0
        assert all(
            (line.get_xdata()[0], line.get_ydata()[0]) == (0, 0) for line in style.of_arms(axis)
        )
