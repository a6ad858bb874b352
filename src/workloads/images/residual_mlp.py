"""A small residual multi-layer perceptron with BatchNorm, for images of a few pixels."""

import torch.nn.functional as F
from torch import Tensor, nn


class ResidualMLP(nn.Module):
    """Images (N, ...) of `pixels` values each to logits (N, classes)."""

    def __init__(self, pixels: int, width: int, blocks: int, classes: int):
        super().__init__()
        self.stem = nn.Linear(pixels, width, bias=False)
        self.norm = nn.BatchNorm1d(width)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)))
        self.last = nn.Linear(width, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.blocks(F.relu(self.norm(self.stem(x.flatten(1))))))


class Block(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.first = nn.Linear(width, width, bias=False)
        self.first_norm = nn.BatchNorm1d(width)
        self.second = nn.Linear(width, width, bias=False)
        self.second_norm = nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.first_norm(self.first(x)))
        return F.relu(self.second_norm(self.second(y)) + x)
