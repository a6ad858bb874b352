"""Shapes and parameter counts of the residual networks. Needs no torch.

Convolutions have no bias; a BatchNorm has two parameters per channel.
"""

from math import prod
from typing import NamedTuple

Size = tuple[int, ...]  # of a parameter

SMALL = {"resnet8": 1, "resnet14": 2}  # blocks per stage, of three; 6 blocks + 2 layers
CIFAR = {
    "resnet32": 5
}  # the same of He et al.'s networks for CIFAR; the first stage has 16 channels
CIFAR_WIDTH = 16
# depth and width of CIFAR-10's network for multi-view probes (v2 §5.1)
WRN_28_10 = (28, 10)


class Shape(NamedTuple):
    """The shape of a torchvision residual network: blocks in each of four stages, and their type."""

    blocks: tuple[int, int, int, int]
    bottleneck: bool = True  # 1x1, 3x3, 1x1 to four times the channels; else two 3x3
    groups: int = 1  # of the 3x3 convolution of a bottleneck
    width: int = 64  # channels per group in the first stage


TORCHVISION = {
    "resnet18": Shape((2, 2, 2, 2), bottleneck=False),
    "resnet50": Shape((3, 4, 6, 3)),
    "resnext101_32x4d": Shape((3, 4, 23, 3), groups=32, width=4),
    "resnext101_32x8d": Shape((3, 4, 23, 3), groups=32, width=8),
    "resnext101_64x4d": Shape((3, 4, 23, 3), groups=64, width=4),
}


def with_norm(after: int, before: int, side: int) -> list[Size]:
    """A convolution and its BatchNorm."""
    return [(after, before, side, side), (after,), (after,)]


def shapes_of_torchvision(shape: Shape, stem: tuple[int, int], classes: int) -> list[Size]:
    """Shapes of the parameters of a torchvision network, in its order.

    stem: colours and side of the first convolution, which has 64 channels
    """
    before, shapes = 64, with_norm(64, *stem)
    for stage, blocks in enumerate(shape.blocks):
        planes = 64 * 2**stage
        inner = shape.groups * shape.width * 2**stage
        after = 4 * planes if shape.bottleneck else planes
        for block in range(blocks):
            if shape.bottleneck:
                shapes += with_norm(inner, before, 1)
                shapes += with_norm(inner, inner // shape.groups, 3)
                shapes += with_norm(after, inner, 1)
            else:
                shapes += with_norm(after, before, 3) + with_norm(after, after, 3)
            if block == 0 and (before != after or stage):
                # a convolutional shortcut, if the shape changes
                shapes += with_norm(after, before, 1)
            before = after
    return [*shapes, (classes, before), (classes,)]


def of_shapes(shapes: list[Size]) -> int:
    """Parameters of a network whose parameters have these shapes."""
    return sum(map(prod, shapes))


def statistics_of(shapes: list[Size]) -> int:
    """BatchNorm's running means and variances: as many as its weights and biases.

    All vectors of these networks are BatchNorm's, but for the bias of the last layer.
    """
    return sum(shape[0] for shape in shapes[:-1] if len(shape) == 1)


def shapes_of_small(
    blocks: int,
    first: int,
    seen: int,
    width: int,
    channels: int,
    classes: int,
    projected: bool = True,
) -> list[Size]:
    """Shapes of the parameters of a SmallResNet (resnet.py), in its order.

    The first stage has `first` channels; the rest takes `seen`. projected: shortcuts that change the
    shape are 1x1 convolutions; otherwise they have no weights
    """

    shapes = with_norm(first, channels, 3)
    for before, after, stride in (
        (first, first, 1),
        (seen, 2 * width, 2),
        (2 * width, 4 * width, 2),
    ):
        for block in range(blocks):
            shapes += with_norm(after, after if block else before, 3) + with_norm(after, after, 3)
            if stride > 1 and projected and not block:
                shapes += with_norm(after, before, 1)
    return [*shapes, (classes, 4 * width), (classes,)]


def shapes_of_cifar_resnet(name: str, classes: int, colours: int = 3) -> list[Size]:
    """Shapes of the parameters of a cifar_resnet (resnet.py), in its order."""
    width = CIFAR_WIDTH
    return shapes_of_small(CIFAR[name], width, width, width, colours, classes, projected=False)


def shapes_of_residual_mlp(pixels: int, blocks: int, width: int, classes: int) -> list[Size]:
    """Shapes of the parameters of a ResidualMLP (residual_mlp.py), in its order."""
    layers = [pixels] + 2 * blocks * [width]
    shapes = [shape for before in layers for shape in ((width, before), (width,), (width,))]
    return [*shapes, (classes, width), (classes,)]


def shapes_of_wide(
    depth: int, width: int, splits: int, classes: int, colours: int = 3
) -> list[Size]:
    """Shapes of the parameters of a wide_resnet (wide_resnet.py), in its order.

    splits: its later groups take one split of the first group's channels
    """
    blocks, w = (depth - 4) // 6, 16 * width
    shapes: list[Size] = [(16, colours, 3, 3)]
    for first, after, stride in ((16, w, 1), (w // splits, 2 * w, 2), (2 * w, 4 * w, 2)):
        for block in range(blocks):
            before = after if block else first
            for one in (before, after):
                shapes += [(one,), (one,), (after, one, 3, 3)]
            if not block and (before, stride) != (after, 1):
                shapes.append((after, before, 1, 1))
    return [*shapes, (4 * w,), (4 * w,), (classes, 4 * w), (classes,)]


class Shaped:
    """Options that know the shapes of their networks' parameters."""

    def shapes(self, i: int) -> list[Size]:
        """Shapes of the parameters of model i, in the order of its network."""
        raise NotImplementedError

    def parameters(self, i: int) -> int:
        return of_shapes(self.shapes(i))

    def statistics(self, i: int) -> int:
        return statistics_of(self.shapes(i))
