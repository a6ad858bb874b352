"""The figure of rivals: its bits are those that the exchanges say."""

import pytest
from hydra import initialize_config_dir

from figures.ours.rivals import METHODS
from launch import jobs
from launch.compose import SWEEPS


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("sweep", "scale", "bed"),
    [("rivals", "glyphs", "scarce"), ("rivals_images", "laptop", "eighth")],
)
def test_the_share_of_counted_bits_that_crosses_a_link_is_that_of_the_exchange(
    method, sweep, scale, bed
):
    with initialize_config_dir(str(SWEEPS), version_base="1.3"):
        arm = f"arm={bed}_decayed_{method}"
        run = jobs.single([f"sweep={sweep}", f"scale={scale}", arm]).run
    share = METHODS[method][2]
    if method == "all_reduce":
        assert share == (run.servers - 1) / run.servers
    else:
        of = (run.exchange.wire_bits, run.exchange.server_bits)
        wire, counted = (bits(run, run.updates) for bits in of)
        assert share == pytest.approx(wire / counted, rel=1e-2)
