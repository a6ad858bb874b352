"""Checksums of samples: of a minibatch, and of weights."""

import zlib

import torch
from torch import Tensor, nn

SAMPLE = 4096  # elements per checksum
BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64, 16: torch.complex128}


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
