"""How logits are encoded for the wire: whole, in half precision, or the k largest. Needed once C is a vocabulary (C36).

encode: logits (N, C) to what is sent, whose bits are counted as they are; decode: back to (N, C),
fp32. A model receives the decoded logits, in every placement; its own stay exact. The reference
loop gives logits in fp32 (codist.learner); codist.Peers in the precision of its loop. Needs no
torch until something is encoded.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from codist.errors import Refused
from codist.losses import OF_LOGITS

if TYPE_CHECKING:
    from torch import Tensor

LARGEST_HALF = 65504.0


class Full:
    """The logits as they are: 16 bits each in bf16 or fp16, else 32."""

    lossy = False

    @staticmethod
    def row_bits(classes: int, k: int) -> int:
        """Of one row of fp32 logits, encoded; k: of the codec topk."""
        return 32 * classes

    def encode(self, logits: Tensor) -> Tensor:
        import torch

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

    @staticmethod
    def row_bits(classes, k):
        return 16 * classes

    def encode(self, logits):
        return logits.float().clamp(-LARGEST_HALF, LARGEST_HALF).half()  # bf16 has no 65504


class TopK(Half):
    """The k largest logits and where they are; all others become one number, the one that D misses least.

    to_logits: that number is the mean of the others, which squares least; else it keeps their share
    of the softmax, so that the k largest keep theirs. A row is 16 k bits of values, 16 k of places
    (32 k from 65,537 classes on), and 16. Raises Refused where k is not whole, below 1, or leaves
    none of the classes out.
    """

    def __init__(self, k: int, classes: int, to_logits: bool):
        if not isinstance(k, int) or not 1 <= k < classes:
            raise Refused(
                f"TopK({k!r}, {classes}) wants k whole, 1 or more, and below {classes}, the classes"
            )
        self.k, self.classes, self.to_logits = k, classes, to_logits
        self.place, self.base = place_of(classes)

    @staticmethod
    def row_bits(classes, k):
        return k * (16 + PLACE_BITS[place_of(classes)[0]]) + 16

    def check(self, classes):
        if classes != self.classes:
            raise Refused(
                f"TopK({self.k}, {self.classes}) is for {self.classes} classes, and logits have {classes} of "
                f"them; give TopK({self.k}, {classes}, to_logits={self.to_logits})"
            )

    def suit(self, distance):
        if self.to_logits != (distance in OF_LOGITS):
            what = "softmaxes" if self.to_logits else "raw logits"
            raise Refused(
                f"distance={distance} compares {what}, which this TopK would not keep; give TopK({self.k}, "
                f"{self.classes}, to_logits={not self.to_logits})"
            )

    def encode(self, logits):
        import torch

        logits = logits.float()
        values, places = logits.topk(self.k)
        rest = logits.scatter(-1, places, 0.0 if self.to_logits else -torch.inf)
        others = self.classes - self.k
        rest = rest.sum(-1) / others if self.to_logits else rest.logsumexp(-1) - math.log(others)
        numbers = super().encode(torch.cat([values, rest[:, None]], dim=-1))
        return torch.cat(
            [
                numbers.view(torch.uint8),
                (places - self.base).to(getattr(torch, self.place)).view(torch.uint8),
            ],
            dim=-1,
        )

    def decode(self, wire):
        import torch

        numbers, places = wire.tensor_split([2 * (self.k + 1)], dim=-1)
        numbers = super().decode(numbers.contiguous().view(torch.float16))
        places = places.contiguous().view(getattr(torch, self.place)).long() + self.base
        values, rest = numbers.tensor_split([self.k], dim=-1)
        return rest.repeat(1, self.classes).scatter(-1, places, values)


CODECS: dict[str, type[Full]] = {"full": Full, "half": Half, "topk": TopK}
PLACE_BITS = {"int16": 16, "int32": 32}


def place_of(classes: int) -> tuple[str, int]:
    """The integer type that holds a class, and what is taken off the class to fit it."""
    return ("int16", 2**15) if classes <= 2**16 else ("int32", 0)


def codec_of(name: str, k: int, classes: int, distance: str) -> Full:
    """The codec of this name; D decides what the top-k leaves out should become."""
    return TopK(k, classes, to_logits=distance in OF_LOGITS) if name == "topk" else CODECS[name]()


def decoding_error(meant: Tensor, decoded: Tensor) -> Tensor:
    """How wrong decoded logits are: total variation between the two softmaxes, 0 to 1, the mean over N."""
    return (meant.softmax(-1) - decoded.softmax(-1)).abs().sum(-1).mean() / 2
