"""Workers of one model end with equal bits in one process, on a rank each and on two ranks each."""

import pytest
import torch
import workers
from small import log_of, rows_anywhere, trained, weights
from test_placement import spread

from workloads.digits.options import Digits


@pytest.mark.parametrize("name", workers.CASES)
def test_workers_on_ranks_equal_workers_of_one_process_bitwise(tmp_path, name):
    """Weights, statistics, every row, what the exchange keeps, and the counted bits."""
    run = workers.case(name)
    alone = trained(tmp_path / "alone", run)
    for ranks in (run.n, 2 * run.n):
        folder = tmp_path / str(ranks)
        state = spread(folder, run, ranks)
        assert weights(state) == weights(alone)
        assert rows_anywhere(folder, run.n) == rows_anywhere(tmp_path / "alone", run.n)
        torch.testing.assert_close(state["exchange"], alone["exchange"], rtol=0, atol=0)
        for bits in ("exchange", "all_reduce"):
            assert state["bits"][bits] == alone["bits"][bits]


@pytest.mark.parametrize("name", ["powersgd", "DiLoCo in fragments", "push_sum"])
def test_begun_in_one_process_workers_go_on_on_ranks(tmp_path, name):
    run = workers.case(name)
    whole = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "moved", run, stop_after=2)["update"] == 2
    assert weights(spread(tmp_path / "moved", run, 2 * run.n)) == weights(whole)


def test_on_a_wire_two_workers_send_half_of_what_v2_counts(tmp_path):
    """An all_reduce counts 2 b_model (v2 §3). A ring of m workers sends 2 (m-1)/m: of two, b_model; of four, 1.5."""
    b_model = 32 * Digits(width=2).parameters(0)
    for n, moved in ((2, 1.0), (4, 1.5)):
        run = workers.run("gradients", n=n)
        spread(tmp_path / str(n), run, n)
        last = log_of(tmp_path / str(n), n)[0][-1]
        assert last["sent_bits"] == run.updates * 2 * b_model
        # pieces of a whole number of weights differ by one
        assert last["moved_all_reduce_bits"] == pytest.approx(
            run.updates * n * moved * b_model, rel=1e-2
        )
