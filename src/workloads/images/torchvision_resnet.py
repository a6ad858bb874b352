"""torchvision's residual networks, built from their shapes."""

from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from workloads.images.sizes import Shape


def torchvision_resnet(shape: Shape, classes: int) -> ResNet:
    """A network from images (N, 3, H, W) to logits (N, classes), initialized by torch's generator.

    Convolutions are initialized as in He et al. (2015), torchvision's default. The last gamma of each block
    starts at 0 (Goyal et al. 2017, §5.1), so that every block starts as its shortcut.
    """
    block = Bottleneck if shape.bottleneck else BasicBlock
    zero_last_gamma = True
    return ResNet(block, list(shape.blocks), classes, zero_last_gamma, shape.groups, shape.width)
