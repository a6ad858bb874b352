"""The state that networks carry does not depend on the placement: one process, a rank a model, two ranks a model."""

import pytest
from few import EXCHANGES, everything_carried, few, few_documents
from small import rows_anywhere, trained, weights
from test_placement import spread

from codist.exchange import exchange_options


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return few_documents(tmp_path_factory.mktemp("few"))


@pytest.mark.parametrize("case", EXCHANGES)
@pytest.mark.parametrize("m", [1, 2])
def test_spread_over_ranks_equals_one_process_bitwise(data, tmp_path, case, m):
    """Weights, what models and stale copies carry, and every row."""
    run = few(data, **EXCHANGES[case])
    alone = trained(tmp_path / "alone", run)
    ranks = spread(tmp_path / "ranks", run, 2 * m)
    assert weights(ranks) == weights(alone)
    assert everything_carried(ranks) == everything_carried(alone) != []
    assert rows_anywhere(tmp_path / "ranks") == rows_anywhere(tmp_path / "alone")


def test_bf16_too_bitwise(data, tmp_path):
    run = few(data, precision="bf16", epochs=0.5)
    alone = trained(tmp_path / "alone", run)
    assert weights(spread(tmp_path / "ranks", run, 4)) == weights(alone)


@pytest.mark.parametrize("case", ["checkpoints on halves", "checkpoints on common batches"])
def test_begun_in_one_placement_it_goes_on_in_any_other(data, tmp_path, case):
    run = few(data, **EXCHANGES[case])
    whole = trained(tmp_path / "whole", run)
    assert trained(tmp_path / "moved", run, stop_after=5)["update"] == 5
    # agreed on one update later
    assert 11 <= spread(tmp_path / "moved", run, 4, stop_after=11)["update"] <= 12
    assert 16 <= spread(tmp_path / "moved", run, 2, stop_after=16)["update"] <= 17
    moved = trained(tmp_path / "moved", run)
    assert weights(moved) == weights(whole)
    assert everything_carried(moved) == everything_carried(whole)


def test_groups_and_rings_of_more_models_bitwise(data, tmp_path):
    """A rank computes the copies that its own model learns from; what is saved is whole all the same."""
    for who in ({"peers": "ring"}, {"group": 2}):
        exchange = exchange_options("checkpoints", period=3, **who)
        run = few(data, n=4, epochs=0.5, sampling="independent", exchange=exchange)
        folder = tmp_path / next(iter(who))
        whole = trained(folder / "alone", run)
        ranks = spread(folder / "ranks", run, 4)
        assert weights(ranks) == weights(whole)
        assert everything_carried(ranks) == everything_carried(whole)
