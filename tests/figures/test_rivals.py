"""The figure of rivals: its bits are those that the exchanges say."""

import pytest
from hydra import initialize_config_dir
from matplotlib.figure import Figure

from codist import designs
from figures.drawing.over_bits import METHODS, beyond
from figures.evidence.names import yaml_of
from launch import jobs
from launch.compose import SWEEPS

BEDS = [
    ("rivals", "glyphs", "scarce_decayed"),
    ("rivals_images", "laptop", "eighth_decayed"),
    ("rivals_translation", "laptop", "text"),
    ("rivals_language", "laptop", "pieces"),
    ("rivals_translation_outer", "laptop", "text"),
    ("rivals_language_outer", "laptop", "pieces"),
]
DRAWN = [
    (sweep, scale, arm, method)
    for sweep, scale, bed in BEDS
    for method in METHODS
    if (arm := f"{bed}_{method}") in designs.arms(yaml_of(sweep))
]


def test_each_bed_has_the_methods_that_its_figure_draws():
    drawn = {sweep: {method for at, _, _, method in DRAWN if at == sweep} for sweep, _, _ in BEDS}
    tuned = {"slowmo_16_tuned", "diloco_16_tuned"}
    of_tokens = {"codist_positions_8_top8", "codist_copies"} | tuned
    assert drawn["rivals_translation_outer"] == drawn["rivals_language_outer"] == tuned
    assert drawn["rivals"] == drawn["rivals_images"] == METHODS.keys() - of_tokens
    assert drawn["rivals_language"] - drawn["rivals_translation"] == {"codist_copies"}
    assert len(drawn["rivals_translation"]) == 11
    assert set.union(*drawn.values()) == METHODS.keys()


@pytest.mark.parametrize(
    ("y", "says", "at"), [(3.27, "top 1 %: 3.3 ↑", 0.98), (0.4, "top 1 %: 0.4 ↓", 0.02)]
)
def test_what_a_panel_has_no_room_for_is_written_at_the_edge_that_it_is_beyond(y, says, at):
    axis = Figure().subplots()
    axis.set_ylim(0.6, 0.9)
    beyond(axis, 1e5, y, "top 1 %", "black")
    (text,) = axis.texts
    assert (text.get_text(), text.get_position()) == (says, (1e5, at))


@pytest.mark.parametrize(("sweep", "scale", "arm", "method"), DRAWN)
def test_the_share_of_counted_bits_that_crosses_a_link_is_that_of_the_exchange(
    sweep, scale, arm, method
):
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        run = jobs.single([f"sweep={sweep}", f"scale={scale}", f"arm={arm}"]).run
    share = METHODS[method][2]
    if method == "all_reduce":
        assert share == (run.servers - 1) / run.servers
    else:
        of = (run.exchange.wire_bits, run.exchange.server_bits)
        wire, counted = (bits(run, run.updates) for bits in of)
        assert share == pytest.approx(wire / counted, rel=1e-2)
