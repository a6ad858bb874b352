"""Checksums of a sample: of a minibatch, and of the weights behind a tensor of logits."""

import zlib
from collections import deque

import torch
from torch import Tensor, nn

SAMPLE = 4096  # elements per checksum
WEIGHTS = 16  # parameters sampled, those nearest to the logits
NODES = 10_000  # of the autograd graph, visited at most; WEIGHTS are found within 40 of a ResNet18
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64, 16: torch.complex128}


def parameters_behind(logits: Tensor) -> list[nn.Parameter]:
    """The parameters that the gradient of the logits reaches, nearest first, at most WEIGHTS.

    They are leaves of the autograd graph, under DDP, autocast, torch.compile and checkpointing too.
    None are found without a graph (no_grad), nor under reentrant checkpointing of the whole
    network, which hides them within its Function. FSDP frees parameters between forward and
    backward; those without storage are left out.
    """
    found: list[nn.Parameter] = []
    seen: set = set()
    ahead = deque([logits.grad_fn])
    while ahead and len(found) < WEIGHTS and len(seen) < NODES:
        node = ahead.popleft()
        if node is None or node in seen:
            continue
        seen.add(node)
        leaf = getattr(node, "variable", None)  # of AccumulateGrad
        if type(leaf) is nn.Parameter and leaf.untyped_storage().nbytes():
            found.append(leaf)
        ahead.extend(following for following, _ in node.next_functions)
    return found


def checksum(tensor: Tensor, begin: int = 0) -> int:
    """CRC-32 over the bits of a sample: a whole x would cost more than the exchange (20 ms for 256
    images of 224 x 224).

    The sample is evenly spread over the elements, in whatever layout, and begins elsewhere for each
    `begin`: all of them have their turn.
    """
    return zlib.crc32(sample(tensor, begin, SAMPLE))


def checksum_of_weights(weights: list[nn.Parameter]) -> str:
    """CRC-32 over a sample of SAMPLE elements of all the weights together."""
    total = 0
    for parameter in weights:
        total = zlib.crc32(sample(parameter, 0, SAMPLE // len(weights)), total)
    return f"{total:08x}"


def sample(tensor: Tensor, begin: int, size: int):
    """About `size` elements, as integers of their bits: a numpy array."""
    stride = tensor.numel() // size | 1  # odd: most sizes are even, and no column shall be left out
    places = torch.arange(begin % stride, tensor.numel(), stride, device=tensor.device)
    return tensor.detach().view(BITS[tensor.element_size()]).take(places).cpu().numpy()
