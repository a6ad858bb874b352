"""Codecs for logits and weights on the wire: unchanged, half precision, 8 bits, or the k largest.

encode: logits (N, C) or weights (W,) to the payload, whose bits are counted; decode: payload to
fp32 in that shape. The k largest are for logits of vocabularies (C36), 8 bits for weights. In every
placement a model receives decoded peer logits; its own logits stay exact. The reference loop passes
logits in fp32 (codist.learner), codist.Peers in the precision of its loop. Needs no torch until
something is encoded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from codist.errors import Refused
from codist.losses import OF_LOGITS

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_HALF = 65504.0
BLOCK = 256  # weights that share a step


LOGITS, WEIGHTS = ("logits", "weights")


class Full:
    """Unchanged numbers: 16 bits each in bf16 or fp16, else 32."""

    lossy = False
    encodes: tuple[str, ...] = (LOGITS, WEIGHTS)

    @staticmethod
    def row_bits(classes: int, k: int) -> int:
        """Bits of one encoded row of fp32 logits. k: used by topk only."""
        return 32 * classes

    @staticmethod
    def weights_bits(weights: int) -> int:
        """Bits of so many encoded fp32 weights."""
        return 32 * weights

    def encode(self, logits: Tensor) -> Tensor:
        import torch

        return logits if logits.dtype in (torch.bfloat16, torch.float16) else logits.float()

    def decode(self, wire: Tensor) -> Tensor:
        return wire.float()

    def check(self, classes: int) -> None:
        """Raises Refused if the codec cannot encode logits of this many classes."""

    def suit(self, distance: str) -> None:
        """Raises Refused if the codec does not preserve what this distance compares."""


class Half(Full):
    """Half precision: 16 bits per number, 11 of them significant; clamped to +-65504."""

    lossy = True

    @staticmethod
    def row_bits(classes, k):
        return 16 * classes

    @staticmethod
    def weights_bits(weights):
        return 16 * weights

    def encode(self, logits):
        # float first: bf16 cannot represent 65504
        return logits.float().clamp(-LARGEST_HALF, LARGEST_HALF).half()


class Int8(Full):
    """Weights in 8 bits: 255 levels from -m to m, where m is the largest magnitude of a block.

    A block is BLOCK consecutive weights. The payload has their bytes, then the step m / 127 of each
    block in fp32: 8.125 bits a weight. Anil et al. §2 suggest quantized teachers.
    """

    lossy = True
    encodes = (WEIGHTS,)

    @staticmethod
    def weights_bits(weights):
        return 8 * weights + 32 * -(-weights // BLOCK)

    def suit(self, distance):
        raise Refused("Int8 encodes weights, and Peers sends logits; use Half() or TopK")

    def encode(self, logits):
        import torch

        blocks = torch.nn.functional.pad(logits.float(), (0, -len(logits) % BLOCK)).view(-1, BLOCK)
        steps = blocks.abs().amax(1) / 127
        levels = (blocks / steps.clamp_min(torch.finfo(torch.float32).tiny)[:, None]).round()
        return torch.cat(
            [
                levels.to(torch.int8).flatten()[: len(logits)].view(torch.uint8),
                steps.view(torch.uint8),
            ]
        )

    def decode(self, wire):
        import torch

        many = -(-len(wire) // (BLOCK + 4))  # blocks
        levels, steps = wire.tensor_split([len(wire) - 4 * many])
        padded = torch.nn.functional.pad(levels.view(torch.int8).float(), (0, -len(levels) % BLOCK))
        # a copy: the bytes of the steps need not be aligned
        steps = steps.clone().view(torch.float32)
        return (padded.view(-1, BLOCK) * steps[:, None]).flatten()[: len(levels)]


class TopK(Half):
    """The k largest logits with their indices; one number replaces all others.

    to_logits: that number is the mean of the others, which minimizes the squared error. Otherwise it
    preserves their total softmax probability, and so that of the k largest. A row takes 16 k bits
    for values, 16 k for indices (32 k from 65,537 classes on), and 16 for the number. Raises Refused
    if k is not an integer from 1 to classes - 1.
    """

    encodes = (LOGITS,)

    def __init__(self, k: int, classes: int, to_logits: bool):
        if not isinstance(k, int) or not 1 <= k < classes:
            raise Refused(
                f"TopK({k!r}, {classes}): expected an integer k, 1 or more and below {classes}, the number "
                f"of classes, got {k!r}"
            )
        self.k, self.classes, self.to_logits = k, classes, to_logits
        self.index_type, self.base = index_type_of(classes)

    @staticmethod
    def row_bits(classes, k):
        return k * (16 + INDEX_BITS[index_type_of(classes)[0]]) + 16

    def check(self, classes):
        if classes != self.classes:
            raise Refused(
                f"TopK({self.k}, {self.classes}) expects {self.classes} classes, got logits of {classes}; "
                f"use TopK({self.k}, {classes}, to_logits={self.to_logits})"
            )

    def suit(self, distance):
        if self.to_logits != (distance in OF_LOGITS):
            what = "softmaxes" if self.to_logits else "raw logits"
            raise Refused(
                f"distance={distance} compares {what}, which this TopK does not preserve; use TopK({self.k}, "
                f"{self.classes}, to_logits={not self.to_logits})"
            )

    def encode(self, logits):
        import torch

        logits = logits.float()
        values, indices = logits.topk(self.k)
        rest = logits.scatter(-1, indices, 0.0 if self.to_logits else -torch.inf)
        others = self.classes - self.k
        rest = rest.sum(-1) / others if self.to_logits else rest.logsumexp(-1) - math.log(others)
        numbers = super().encode(torch.cat([values, rest[:, None]], dim=-1))
        return torch.cat(
            [
                numbers.view(torch.uint8),
                (indices - self.base).to(getattr(torch, self.index_type)).view(torch.uint8),
            ],
            dim=-1,
        )

    def decode(self, wire):
        import torch

        numbers, indices = wire.tensor_split([2 * (self.k + 1)], dim=-1)
        numbers = super().decode(numbers.contiguous().view(torch.float16))
        indices = indices.contiguous().view(getattr(torch, self.index_type)).long() + self.base
        values, rest = numbers.tensor_split([self.k], dim=-1)
        return rest.repeat(1, self.classes).scatter(-1, indices, values)


CODECS: dict[str, type[Full]] = {"full": Full, "half": Half, "int8": Int8, "topk": TopK}
INDEX_BITS = {"int16": 16, "int32": 32}


def index_type_of(classes: int) -> tuple[str, int]:
    """The integer type that holds a class index, and the offset subtracted to make it fit."""
    return ("int16", 2**15) if classes <= 2**16 else ("int32", 0)


def codec_of(name: str, k: int, classes: int, distance: str) -> Full:
    """The codec of this name. `distance` decides which number replaces what topk drops."""
    return TopK(k, classes, to_logits=distance in OF_LOGITS) if name == "topk" else CODECS[name]()


def decoding_error(logits: Tensor, decoded: Tensor) -> Tensor:
    """Total variation between the softmaxes before and after the codec, 0 to 1, mean over N."""
    return (logits.softmax(-1) - decoded.softmax(-1)).abs().sum(-1).mean() / 2
