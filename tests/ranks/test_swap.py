"""A swap moves what an all_to_all moves, below and above the size at which its receives come first."""

import pytest
import torch
import torch.distributed as dist
from many import guest

from codist.swap import LARGE, swap, wait

FEW, MANY = 5, LARGE // 4 + 3  # fp32 numbers of the largest message


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("numbers", [FEW, MANY])
def test_it_is_an_all_to_all(ranks, numbers):
    def of_rank(rank):
        # rank r gets a piece of `numbers` - r from each
        sizes = [numbers - r for r in range(ranks)]
        sent = torch.arange(sum(sizes), dtype=torch.float32) + 1e6 * rank
        mine = [sizes[rank]] * ranks
        found, expected = torch.empty(sum(mine)), torch.empty(sum(mine))
        wait(swap(found, mine, sent.split(sizes), dist.group.WORLD))
        dist.all_to_all_single(expected, sent, mine, sizes)
        back, whole = torch.empty(sum(sizes)), torch.empty(sum(sizes))
        repeated = found[: mine[0]].repeat(ranks)
        wait(swap(back, sizes, [found[: mine[0]]] * ranks, dist.group.WORLD))
        dist.all_to_all_single(whole, repeated, sizes, mine)
        return torch.equal(found, expected) and torch.equal(back, whole)

    assert guest(of_rank, ranks) == [True] * ranks


def test_two_swaps_at_a_time_do_not_mix():
    def of_rank(rank):
        halves = [torch.full((2 * MANY,), 10.0 * rank + turn) for turn in range(2)]
        found = [torch.empty(2 * MANY) for _ in halves]
        works = []
        for into, half in zip(found, halves, strict=True):
            works += swap(into, [MANY] * 2, half.split(MANY), dist.group.WORLD)
        wait(works)
        return [sorted(set(one.tolist())) for one in found]

    assert guest(of_rank, 2) == [[[0.0, 10.0], [1.0, 11.0]]] * 2
