"""Batches of sentences of similar length, limited by tokens, as in fairseq 0.9. Needs no torch.

Only the order of the batches differs from fairseq's. Sizes are (N, 2): tokens of source and target
without </s>. A batch counts, padding included, its sentences times the longest of their sources and
targets; `limit` bounds that.
"""

import numpy

from codist.errors import Refused


def batches(
    sizes: numpy.ndarray, order: numpy.ndarray, limit: int, multiple: int
) -> list[numpy.ndarray]:
    """Sort the shuffled sentences `order` by source and target length, and split them into batches.

    The batch boundaries depend only on the sizes, so every order gives the same number of batches.
    """
    source, target = sizes[order].T
    # stable: keeps the shuffled order of equal sizes
    order = order[numpy.lexsort((target, source))]
    return numpy.split(order, ends(sizes[order].max(1) + 1, limit, multiple)[:-1])


def ends(lengths: numpy.ndarray, limit: int, multiple: int) -> list[int]:
    """The ends of the batches. A full batch passes its last sentences on to leave a multiple of `multiple`.

    This is fairseq's batch_by_size, including its quirk: the sentences passed on are not checked
    against `limit` again.
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
