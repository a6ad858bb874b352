"""Checksums of samples: of a minibatch, and of the weights that produced a logits tensor."""

import zlib
from collections import deque

import torch
from torch import Tensor, nn

SAMPLE = 4096  # elements per checksum
WEIGHTS = 16  # parameters sampled: those nearest to the logits
NODES = 10_000  # autograd nodes visited at most; 40 suffice to find WEIGHTS in a ResNet18
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64, 16: torch.complex128}


def parameters_behind(logits: Tensor) -> list[nn.Parameter]:
    """The parameters that the gradient of the logits reaches, nearest first, at most WEIGHTS.

    They are leaves of the autograd graph, also under DDP, autocast, torch.compile and
    checkpointing. The list is empty without a graph (no_grad) and under reentrant checkpointing of
    the whole network, which hides them inside its Function. Parameters without storage are skipped:
    FSDP frees them between forward and backward.
    """
    found: list[nn.Parameter] = []
    seen: set = set()
    queue = deque([logits.grad_fn])
    while queue and len(found) < WEIGHTS and len(seen) < NODES:
        node = queue.popleft()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)  # only AccumulateGrad has one
        if type(leaf) is nn.Parameter and leaf.untyped_storage().nbytes():
            found.append(leaf)
        queue.extend(following for following, _ in node.next_functions)
    return found


def checksum(tensor: Tensor, begin: int = 0) -> int:
    """CRC-32 over the bits of a sample of the elements.

    Hashing all of x would cost more than the exchange (20 ms for 256 images of 224 x 224). The
    sample is spread evenly over the elements, in any memory layout. `begin` sets its offset, so
    successive values cover all elements.
    """
    return zlib.crc32(sample(tensor, begin, SAMPLE))


def checksum_of_weights(weights: list[nn.Parameter]) -> str:
    """CRC-32 over about SAMPLE elements, divided evenly among the weights."""
    total = 0
    for parameter in weights:
        total = zlib.crc32(sample(parameter, 0, SAMPLE // len(weights)), total)
    return f"{total:08x}"


def sample(tensor: Tensor, begin: int, size: int):
    """About `size` elements, reinterpreted as integers with the same bits: a numpy array."""
    stride = tensor.numel() // size | 1  # odd: an even stride would skip columns of even-sized rows
    indices = torch.arange(begin % stride, tensor.numel(), stride, device=tensor.device)
    return tensor.detach().view(BITS[tensor.element_size()]).take(indices).cpu().numpy()
