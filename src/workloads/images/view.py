"""A network whose later layers see only some channels of its first group (v2 §5.1, Fig 6; Allen-Zhu and Li 2020)."""

from torch import Tensor, nn


class View(nn.Module):
    """Images (N, channels, H, W) to logits (N, classes).

    first   stem and first group; state_dict has it complete under `first.*`, for any `seen`
    later   the remaining layers, which take only the channels `seen`
    freeze  `first` gets no gradient, and its BatchNorm uses running statistics in training too
    """

    def __init__(self, first: nn.Module, later: nn.Module, seen: slice, freeze: bool):
        super().__init__()
        self.first, self.later, self.seen, self.freeze = first, later, seen, freeze
        first.requires_grad_(not freeze)
        self.train()

    def train(self, mode: bool = True):
        super().train(mode)
        if self.freeze:
            self.first.eval()
        return self

    def forward(self, x: Tensor) -> Tensor:
        return self.later(self.first(x)[:, self.seen])
