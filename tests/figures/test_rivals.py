"""The figure of rivals: its bits are those that the exchanges say."""

import pytest

from figures.ours.rivals import METHODS
from launch import jobs


@pytest.mark.parametrize("method", METHODS)
def test_the_share_of_counted_bits_that_crosses_a_link_is_that_of_the_exchange(composing, method):
    run = job(
        {"sweep": "rivals", "scale": "glyphs", "arm": f"scarce_decayed_{method}", "seed": "1"}
    ).run
    if method == "all_reduce":
        assert METHODS[method][2] == (run.servers - 1) / run.servers
    else:
        of = (run.exchange.wire_bits, run.exchange.server_bits)
        wire, counted = (bits(run, run.updates) for bits in of)
        assert METHODS[method][2] == pytest.approx(wire / counted, rel=1e-2)
