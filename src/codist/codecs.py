"""How logits are written for the wire: whole, in half precision, or the k largest. Needed once C is a vocabulary (C36).

encode: logits (N, C) to what is sent, whose bits are counted as they are; decode: back to (N, C), fp32. What a model
hears is the decoded, in every placement; what it says of itself stays exact.
The reference loop gives logits in fp32 (codist.learner); codist.Peers in the precision of its loop.
"""

import math

import torch
from torch import Tensor

from codist.errors import Refused

LARGEST_HALF = 65504.0
OF_LOGITS = ("mse", "mse_sum")  # the D that compare raw logits; the others compare softmaxes


class Full:
    """The logits as they are: 16 bits each in bf16 or fp16, else 32."""

    lossy = False

    def encode(self, logits: Tensor) -> Tensor:
        return logits if logits.dtype in (torch.bfloat16, torch.float16) else logits.float()

    def decode(self, wire: Tensor) -> Tensor:
        return wire.float()

    def check(self, classes: int) -> None:
        """Raises Refused where it cannot write logits of so many classes."""

    def suit(self, distance: str) -> None:
        """Raises Refused where what it keeps is not what that D compares."""


class Half(Full):
    """16 bits a logit, 11 of them significant; beyond +-65504 cut off."""

    lossy = True

    def encode(self, logits):
        return logits.float().clamp(-LARGEST_HALF, LARGEST_HALF).half()  # bf16 has no 65504


class TopK(Half):
    """The k largest logits and where they are; all others become one number, the one that D misses least.

    to_logits: that number is the mean of the others, which squares least; else it keeps their share of the softmax, so
    that the k largest keep theirs. A row is 16 k bits of values, 16 k of places (32 k from 65,537 classes on), and 16.
    Raises Refused where k is not whole, below 1, or leaves none of the classes out.
    """

    def __init__(self, k: int, classes: int, to_logits: bool):
        if not isinstance(k, int) or not 1 <= k < classes:
            raise Refused(f"TopK({k!r}, {classes}) wants k whole, 1 or more, and below {classes}, the classes")
        self.k, self.classes, self.to_logits = k, classes, to_logits
        self.place, self.base = (torch.int16, 2**15) if classes <= 2**16 else (torch.int32, 0)

    def check(self, classes):
        if classes != self.classes:
            raise Refused(f"TopK({self.k}, {self.classes}) is for {self.classes} classes, and logits have {classes} of "
                          f"them; give TopK({self.k}, {classes}, to_logits={self.to_logits})")  # fmt: skip

    def suit(self, distance):
        if self.to_logits != (distance in OF_LOGITS):
            what = "softmaxes" if self.to_logits else "raw logits"
            raise Refused(f"distance={distance} compares {what}, which this TopK would not keep; give TopK({self.k}, "
                          f"{self.classes}, to_logits={not self.to_logits})")  # fmt: skip

    def encode(self, logits):
        logits = logits.float()
        values, places = logits.topk(self.k)
        rest = logits.scatter(-1, places, 0.0 if self.to_logits else -torch.inf)
        others = self.classes - self.k
        rest = rest.sum(-1) / others if self.to_logits else rest.logsumexp(-1) - math.log(others)
        numbers = super().encode(torch.cat([values, rest[:, None]], dim=-1))
        return torch.cat([numbers.view(torch.uint8), (places - self.base).to(self.place).view(torch.uint8)], dim=-1)

    def decode(self, wire):
        numbers, places = wire.tensor_split([2 * (self.k + 1)], dim=-1)
        numbers = super().decode(numbers.contiguous().view(torch.float16))
        places = places.contiguous().view(self.place).long() + self.base
        values, rest = numbers.tensor_split([self.k], dim=-1)
        return rest.repeat(1, self.classes).scatter(-1, places, values)


def codec_of(exchange, classes: int, distance: str) -> Full:
    """The codec that the options of an exchange name; D decides what the top-k leaves out should become."""
    if exchange.codec == "topk":
        return TopK(exchange.k, classes, to_logits=distance in OF_LOGITS)
    return Half() if exchange.codec == "half" else Full()


def lost(meant: Tensor, heard: Tensor) -> Tensor:
    """How wrong a decoded prediction is: total variation between the two softmaxes, 0 to 1, the mean over N."""
    return (meant.softmax(-1) - heard.softmax(-1)).abs().sum(-1).mean() / 2
