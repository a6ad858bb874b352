"""Sentences of like length in batches of so many tokens: fairseq 0.9's, but for their order. Needs no torch.

Sizes are (N, 2): tokens of source and target, without the </s> that each is given. A batch takes as
many tokens as its sentences times the longest of their sources and targets, padding included;
`limit` bounds that.
"""

import numpy

from codist.errors import Refused


def batches(
    sizes: numpy.ndarray, order: numpy.ndarray, limit: int, multiple: int
) -> list[numpy.ndarray]:
    """The sentences of `order`, shuffled before, sorted by source and then target; cut into batches, shortest first.

    Where they are cut depends on the sizes alone, so every order gives as many.
    """
    source, target = sizes[order].T
    order = order[numpy.lexsort((target, source))]  # stable: among equals the shuffled order stays
    return numpy.split(order, ends(sizes[order].max(1) + 1, limit, multiple)[:-1])


def ends(lengths: numpy.ndarray, limit: int, multiple: int) -> list[int]:
    """Where the batches end. A full one gives its last sentences to the next, until a multiple of `multiple` is left.

    As fairseq's batch_by_size does it, with its corner: what was given on is not counted against
    `limit` anew.
    """
    if len(lengths) and lengths.max() > limit:
        raise Refused(
            f"a sentence of {lengths.max()} tokens does not fit into device_batch={limit} tokens; "
            f"set device_batch={lengths.max()} or more"
        )
    lengths, found, begin, longest = lengths.tolist(), [], 0, 0
    for at, length in enumerate(lengths):
        longest = max(longest, length)
        before = at - begin
        if before and (before + 1) * longest > limit:
            begin += max(before // multiple * multiple, before % multiple)
            found.append(begin)
            longest = max(lengths[begin : at + 1])
    return [*found, len(lengths)]
