"""Gradients are summed in one tree over an update's device batches, whoever computes them."""

import pytest
import torch

from bench import update
from codist.gradients import TreeSum, in_order, strides


def test_the_tree_splits_by_the_smallest_primes_first():
    assert strides(1) == [1]
    assert strides(8) == [1, 2, 4, 8]
    assert strides(12) == [1, 2, 4, 12]
    assert strides(7) == [1, 7]


def test_parts_come_as_the_tree_is_walked():
    assert in_order(8) == [0, 4, 2, 6, 1, 5, 3, 7]
    assert in_order(8, shard=1, shards=2) == [1, 5, 3, 7]
    assert in_order(6) == [0, 2, 4, 1, 3, 5]
    assert in_order(6, shard=1, shards=3) == [4, 1]


def test_eight_parts_are_summed_as_written():
    terms = [torch.tensor(x) for x in (1e8, 3.0, 5.0, -1e8, 1.0, 7e7, -7e7, 2.0)]
    a, b, c, d, e, f, g, h = (term.clone() for term in terms)
    tree = TreeSum(8)
    for part in in_order(8):
        tree.add({0: terms[part].clone()}, part)
    wanted = ((a + e) + (c + g)) + ((b + f) + (d + h))
    assert tree.held == {(0, 0): {0: wanted}}
    assert wanted != a + b + c + d + e + f + g + h  # the order matters for these


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 6, 8, 12, 30])
def test_every_division_among_ranks_sums_to_equal_bits(parts):
    """Each rank sums what it holds of the tree; its branches, in order, make the rest of it."""
    terms = (
        torch.randn(parts, 50, generator=torch.Generator().manual_seed(parts))
        * 10 ** torch.arange(parts)[:, None]
    )
    sums = set()
    for shards in (m for m in range(1, parts + 1) if parts % m == 0):
        branches = {}
        for shard in range(shards):
            tree = TreeSum(parts)
            for part in in_order(parts, shard, shards):
                tree.add({0: terms[part].clone()}, part)
            branches |= {offset: one for (_, offset), one in tree.held.items()}
        rest = TreeSum(len(branches))
        for offset in in_order(len(branches)):
            rest.add(branches[offset], offset)
        sums.add(rest.held[0, 0][0].numpy().tobytes())
    assert len(sums) == 1


def test_at_most_a_level_each_is_held_on_the_way():
    tree, most = TreeSum(64), 0
    for part in in_order(64):
        tree.add({0: torch.ones(1)}, part)
        most = max(most, len(tree.held))
    assert most == 6 and tree.held[0, 0][0] == 64


def test_the_bench_tells_the_cost_of_the_tree_over_torchs_own_sum(monkeypatch):
    monkeypatch.setattr(update, "ROUNDS", 1)
    monkeypatch.setattr(update, "UPDATES", 1)
    told = {}
    update.run(lambda what, ratio, **goal: told.update({what: ratio}))
    for parts in (2, 8):
        line = f"{parts} device batches an update: summed in a tree, over torch's own sum"
        assert 0.1 < told[line] < 10
