"""torchvision's residual networks, by their shapes."""

from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from workloads.images.sizes import Shape


def torchvision_resnet(shape: Shape, classes: int) -> ResNet:
    """Images (N, 3, H, W) to logits (N, classes), freshly drawn from torch's generator.

    Convolutions after He et al. (2015), as torchvision has them. The last gamma of each block
    starts at 0 (Goyal et al. 2017, §5.1), so that every block starts as its shortcut.
    """
    block = Bottleneck if shape.bottleneck else BasicBlock
    return ResNet(
        block, list(shape.blocks), classes, True, shape.groups, shape.width
    )  # True: those gammas are 0
