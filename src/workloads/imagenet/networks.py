"""The papers' networks for ImageNet: torchvision's, initialized as in Goyal et al. (2017, §5.1)."""

import torch
from torch import Tensor, nn

from workloads.images.sizes import Shape
from workloads.images.torchvision_resnet import torchvision_resnet

# per channel, red, green and blue, from 0 to 1
MEAN, DEVIATION = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class Pixels(nn.Module):
    """Normalizes images (N, 3, H, W) from 0 to 255, on the device, so that bytes are copied, not floats."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", 255 * torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer(
            "deviation", 255 * torch.tensor(DEVIATION).view(3, 1, 1), persistent=False
        )

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.deviation


def network(shape: Shape, classes: int) -> nn.Module:
    """A network from uint8 images (N, 3, H, W) to logits (N, classes), initialized by torch's generator.

    Goyal et al.: the last layer's weights are drawn from N(0, 0.01^2).
    """
    bare = torchvision_resnet(shape, classes)
    nn.init.normal_(bare.fc.weight, std=0.01)
    nn.init.zeros_(bare.fc.bias)
    return nn.Sequential(Pixels(), bare)
