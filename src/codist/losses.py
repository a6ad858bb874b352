"""D, the distance of a model's logits from its peers'. Needs no torch until one is computed.

Each takes logits (N, C) and others, the peers' logits (P, N, C) without gradient, and returns the
mean over the P peers and the N examples. Alpha times this is Algorithm 1's
alpha / (n-1) sum_j D(f_i, f_j).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def mse(logits: Tensor, others: Tensor) -> Tensor:
    """Mean squared error of the raw logits, averaged over the C classes too (v2 A.3)."""
    import torch.nn.functional as F

    return F.mse_loss(logits.expand_as(others), others)


def mse_sum(logits: Tensor, others: Tensor) -> Tensor:
    """Squared error summed over the C classes: C times `mse` (paper/open.md, scale of D)."""
    return mse(logits, others) * logits.shape[-1]


def cross_entropy(logits: Tensor, others: Tensor) -> Tensor:
    """Cross-entropy with the peers' probabilities as soft targets (Anil et al. §2).

    It is linear in the targets, so it equals the cross-entropy with the mean of the peers'
    probabilities.
    """
    # [None]: with one peer autograd need not sum over peers, which takes a third of the time or more
    return -(others.softmax(-1) * logits.log_softmax(-1)[None]).sum(-1).mean()


def kl(logits: Tensor, others: Tensor) -> Tensor:
    """KL(peer || model) (Zhang et al. 2018): cross_entropy minus the peers' entropy; same gradient."""
    import torch.nn.functional as F

    divergence = F.kl_div(
        logits.log_softmax(-1).expand_as(others),
        others.log_softmax(-1),
        reduction="none",
        log_target=True,
    )
    return divergence.sum(-1).mean()


OF_LOGITS = ("mse", "mse_sum")  # on raw logits; the others compare softmaxes
DISTANCES = {"mse": mse, "mse_sum": mse_sum, "cross_entropy": cross_entropy, "kl": kl}
