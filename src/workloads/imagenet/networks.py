"""The papers' networks for ImageNet: torchvision's, begun as Goyal et al. (2017, §5.1) begin them."""

import torch
from torch import Tensor, nn

from workloads.images.sizes import Shape
from workloads.images.torchvision_resnet import torchvision_resnet

MEAN, DEVIATION = (
    (0.485, 0.456, 0.406),
    (0.229, 0.224, 0.225),
)  # of red, green and blue, where white is 1


class Pixels(nn.Module):
    """Images (N, 3, H, W) as they lie in a file, 0 to 255, with mean 0 and deviation 1: bytes travel, not floats."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer(
            "deviation", 255 * torch.tensor(DEVIATION).view(3, 1, 1), persistent=False
        )

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


def network(shape: Shape, classes: int) -> nn.Module:
    """uint8 images (N, 3, H, W) to logits (N, classes), freshly drawn from torch's generator.

    Goyal et al.: the last layer's weights are drawn from N(0, 0.01^2).
    """
    bare = torchvision_resnet(shape, classes)
    nn.init.normal_(bare.fc.weight, std=0.01)
    nn.init.zeros_(bare.fc.bias)
    return nn.Sequential(Pixels(), bare)
