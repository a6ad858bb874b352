"""Wide residual networks for images of 32x32 (Zagoruyko and Komodakis 2016), in two parts."""

import torch.nn.functional as F
from torch import Tensor, nn


def wide_resnet(
    depth: int, width: int, seen: int, classes: int, colours: int = 3
) -> tuple[nn.Module, nn.Module]:
    """WRN-depth-width as the two parts of a View (view.py), initialized as published.

    The first part, stem and first group, has 16 width channels before any BatchNorm (160 for
    WRN-28-10); the second takes `seen` of them.
    """
    blocks, channels = (depth - 4) // 6, 16 * width
    first = nn.Sequential(
        nn.Conv2d(colours, 16, 3, padding=1, bias=False), *group(16, channels, blocks, stride=1)
    )
    later = nn.Sequential(
        *group(seen, 2 * channels, blocks, stride=2),
        *group(2 * channels, 4 * channels, blocks, stride=2),
        nn.BatchNorm2d(4 * channels),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4 * channels, classes),
    )
    for module in (*first.modules(), *later.modules()):
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
        elif isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
    return first, later


def group(before: int, after: int, blocks: int, stride: int) -> list[nn.Module]:
    return [Block(after if at else before, after, 1 if at else stride) for at in range(blocks)]


class Block(nn.Module):
    """BN-ReLU-conv twice plus the input; if the shape changes, plus a 1x1 convolution of its BN-ReLU."""

    def __init__(self, before: int, after: int, stride: int):
        super().__init__()
        self.first_norm = nn.BatchNorm2d(before)
        self.first = nn.Conv2d(before, after, 3, stride, 1, bias=False)
        self.second_norm = nn.BatchNorm2d(after)
        self.second = nn.Conv2d(after, after, 3, 1, 1, bias=False)
        same = (before, stride) == (after, 1)
        self.shortcut = None if same else nn.Conv2d(before, after, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        active = F.relu(self.first_norm(x))
        y = self.second(F.relu(self.second_norm(self.first(active))))
        return y + (x if self.shortcut is None else self.shortcut(active))
