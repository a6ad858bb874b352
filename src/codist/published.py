"""The form of a published checkpoint: one tensor of weights in a safetensors file, named by its digest.

Nothing in such a file is executed. Its name is <update>-<SHA-256 of the content>.safetensors, so a
file that is cut off, damaged or still being written does not match its name.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codist.codecs import Full
from codist.errors import Unusable

if TYPE_CHECKING:
    from torch import Tensor

NAME = re.compile(r"(\d{12})-([0-9a-f]{64})\.safetensors")
HEADER = 4096  # bytes, at most, of what describes the tensor
TENSOR, FACTS = ("weights", "codist")


@dataclass(frozen=True)
class Form:
    """What the checkpoints of one run have in common, and how to write and check one.

    identity  of the run's config (run_identity), or of what replaces it
    codec     of the weights (codist.codecs)
    updates   the last update of the run; None if it is open
    """

    identity: str
    codec: Full
    updates: int | None = None

    def packed(self, model: int, update: int, weights: Tensor) -> tuple[str, bytes]:
        """The name and the content of a checkpoint. weights: (W,) of `model` before `update`."""
        from safetensors.torch import save

        facts = {"identity": self.identity, "model": model, "update": update, "codec": self.name}
        # one entry, since safetensors writes several in no fixed order
        metadata = {FACTS: json.dumps(facts)}
        content = save({TENSOR: self.codec.encode(weights.cpu())}, metadata)
        return f"{update:012d}-{hashlib.sha256(content).hexdigest()}.safetensors", content

    def limit(self, weights: int) -> int:
        """Bytes, at most, of a checkpoint of so many weights."""
        return self.codec.weights_bits(weights) // 8 + HEADER

    def check_name(self, name: str) -> int:
        """The update in a checkpoint's name. Raises Unusable for a name that no group of this run writes."""
        update = update_of(name)
        if update < 0:
            raise Unusable("its name is not <update>-<SHA-256>.safetensors")
        if self.updates is not None and update > self.updates:
            raise Unusable(f"its update {update} is beyond the run's last, {self.updates}")
        return update

    def opened(self, name: str, content: bytes, model: int, weights: int) -> Tensor:
        """The weights, (W,) fp32, of the checkpoint `name` of `model`. Raises Unusable, saying why.

        weights: how many there must be
        """
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load

        update = self.check_name(name)
        if len(content) > self.limit(weights):
            raise Unusable(f"it has {len(content)} bytes, expected {self.limit(weights)} at most")
        if hashlib.sha256(content).hexdigest() != digest_of(name):
            raise Unusable("its content does not match the SHA-256 in its name")
        expected = {"identity": self.identity, "model": model, "update": update, "codec": self.name}
        for key, value in facts_of(content).items():
            if key in expected and value != expected.pop(key):
                raise Unusable(f"it is of another {key}: {str(value)[:80]}")
        if expected:
            raise Unusable(f"its header lacks {', '.join(expected)}")
        try:
            tensors = load(content)
        except (SafetensorError, ValueError, TypeError, RuntimeError) as error:
            raise Unusable(f"safetensors cannot load it: {error}") from error
        like = self.codec.encode(torch.zeros(weights))
        payload = tensors.get(TENSOR)
        if payload is None or (payload.dtype, payload.shape) != (like.dtype, like.shape):
            raise Unusable(f"expected {like.dtype} {tuple(like.shape)}, got {described(payload)}")
        decoded = self.codec.decode(payload)
        if not decoded.isfinite().all():
            raise Unusable("its weights are not finite")
        return decoded

    @property
    def name(self) -> str:
        return type(self.codec).__name__


def flat(parts: list[Tensor]) -> Tensor:
    """The parts as one vector, (W,)."""
    import torch

    return torch.cat([one.flatten() for one in parts])


def facts_of(content: bytes) -> dict:
    """What the header says of the checkpoint. Raises Unusable if there is no such header."""
    size = int.from_bytes(content[:8], "little")
    if not 0 < size <= HEADER - 8:
        raise Unusable(f"its header has {size} bytes, expected {HEADER - 8} at most")
    try:
        facts = json.loads(json.loads(content[8 : 8 + size])["__metadata__"][FACTS])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Unusable("its header cannot be read") from error
    if not isinstance(facts, dict):
        raise Unusable(f"its header has {type(facts).__name__}, expected a dict")
    return facts


def update_of(name: str) -> int:
    """The update in a checkpoint's name; -1 for any other name."""
    return int(found[1]) if (found := NAME.fullmatch(name)) else -1


def digest_of(name: str) -> str:
    """The digest in a checkpoint's name; "" for any other name."""
    return found[2] if (found := NAME.fullmatch(name)) else ""


def described(tensor: Tensor | None) -> str:
    return "none" if tensor is None else f"{tensor.dtype} {tuple(tensor.shape)}"
