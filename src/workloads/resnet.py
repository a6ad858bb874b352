"""Small residual networks for small images (He et al. 2015, §4.2): three stages, 6 blocks + 2 layers deep."""

import torch.nn.functional as F
from torch import Tensor, nn


class SmallResNet(nn.Module):
    """Images (N, channels, H, W) to logits (N, classes); stages of width, 2 width and 4 width."""

    def __init__(self, width: int, blocks: int, channels: int, classes: int):
        super().__init__()
        self.stem = nn.Conv2d(channels, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        stages, before = [], width
        for stage in range(3):
            for block in range(blocks):
                after = width * 2**stage
                stages.append(Block(before, after, stride=2 if stage and not block else 1))
                before = after
        self.stages = nn.Sequential(*stages)
        self.last = nn.Linear(before, classes)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.norm(self.stem(x)))
        return self.last(self.stages(x).mean((2, 3)))


class Block(nn.Module):
    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.first_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.shortcut = nn.Identity()
        if before != after:
            self.shortcut = nn.Sequential(nn.Conv2d(before, after, 1, stride, bias=False), nn.BatchNorm2d(after))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.first_norm(self.first(x)))
        return F.relu(self.second_norm(self.second(y)) + self.shortcut(x))
