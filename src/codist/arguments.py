"""Checks of the arguments that a loop of one's own passes to codist.Peers."""

import operator

import torch
from torch import Tensor

from codist.errors import Refused


def check_tensor(name: str, value: object) -> None:
    """Raises Refused if `value` is no tensor."""
    if not isinstance(value, Tensor):
        raise Refused(
            f"{name} must be one tensor, got {type(value).__name__}; pass a tensor out of it"
        )


def check_logits(logits: Tensor) -> None:
    """Raises Refused for logits without gradient, without rows, or of a shape other than (N, C)."""
    check_tensor("logits", logits)
    if torch.is_grad_enabled() and not logits.requires_grad:
        raise Refused(
            "logits must require grad, since the penalty trains through them; do not detach them"
        )
    if logits.dim() != 2:
        raise Refused(
            f"logits must be (N, C), one row per example, got {tuple(logits.shape)}; move C last and "
            "flatten the other dimensions"
        )
    if not len(logits):
        raise Refused(
            f"logits must have rows, got {tuple(logits.shape)}; skip such a minibatch in all ranks"
        )


def integer(name: str, value: object, meaning: str, least: int) -> int:
    """`value` as an int; numpy integers are accepted. Raises Refused for others, or below `least`."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # non-integers raise TypeError
    except TypeError:
        number = least - 1
    if number < least:
        got = repr(value)
        if len(got) > 40 or "\n" in got:  # as of a tensor, where arguments are swapped
            got = f"a {type(value).__name__}"
        raise Refused(
            f"{name}, a number of {meaning}, must be an integer of {least} or more, got {got}"
        )
    return number
