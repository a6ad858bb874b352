"""The optimizer of a run: its options, their checks, and torch's optimizer made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codist.errors import Refused, nearest

if TYPE_CHECKING:
    import torch
    from torch import nn

OPTIMIZERS = ("sgd", "adam")


@dataclass
class Optimizer:
    """As in torch.

    sgd   momentum without dampening, weight decay added to the gradient
    adam  weight decay apart from the gradient: each update takes lr x weight decay off a weight
          (torch calls it AdamW). So does fairseq 0.9's "adam", and hence Ott et al.'s recipe
    """

    momentum: float = 0.9  # of sgd
    # weight decay also of BatchNorm's parameters and of biases; Goyal et al. leave them out
    decay_norms: bool = True
    kind: str = "sgd"
    betas: list[float] = field(
        default_factory=lambda: [0.9, 0.999]
    )  # of adam: the share that both means keep
    eps: float = 1e-8  # of adam
    clip: float = 0.0  # largest norm of a model's gradient, averaged over its devices; 0: none

    def check(self) -> None:
        """Raises Refused where an option is out of range."""
        if self.kind not in OPTIMIZERS:
            raise Refused(
                f"optimizer.kind={self.kind} is not known; {nearest(self.kind, OPTIMIZERS)}"
            )
        if not self.eps > 0:
            raise Refused(f"optimizer.eps must be above 0, got {self.eps}")
        if not 0 <= self.momentum < 1:
            raise Refused(f"optimizer.momentum must be at least 0 and below 1, got {self.momentum}")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise Refused(
                f"optimizer.betas must be two numbers, at least 0 and below 1, got {self.betas}"
            )
        if not self.clip >= 0:
            raise Refused(f"optimizer.clip is a norm, above 0, or 0 for none, got {self.clip}")

    def open(self, network: nn.Module) -> torch.optim.Optimizer:
        """torch's optimizer of the network's parameters. A group whose weights do not decay says `decays: False`."""
        import torch

        groups: list = list(network.parameters())
        if not self.decay_norms:
            of_one = [parameter for parameter in groups if parameter.dim() == 1]
            rest = [parameter for parameter in groups if parameter.dim() != 1]
            groups = [{"params": rest}, {"params": of_one, "decays": False}]
        if self.kind == "sgd":
            return torch.optim.SGD(groups, lr=0.0, momentum=self.momentum, fused=True)
        betas = (self.betas[0], self.betas[1])
        return torch.optim.AdamW(groups, lr=0.0, betas=betas, eps=self.eps, fused=True)
