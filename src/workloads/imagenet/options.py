"""ImageNet (ILSVRC-2012) with the papers' networks: options, and what a plan needs to know. Needs no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, NamedTuple

from codist.errors import Refused, nearest

CORRUPT = ("stop", "replace")


# Multiply-adds of an image, 10^9: torchvision's model pages; 32x4d after Xie et al. (2017).
WORK = {
    "resnet18": 1.81,
    "resnet50": 4.09,
    "resnext101_32x4d": 8.0,
    "resnext101_32x8d": 16.41,
    "resnext101_64x4d": 15.46,
}


class Shape(NamedTuple):
    """A residual network of torchvision: blocks in each of four stages, and what a block is."""

    blocks: tuple[int, int, int, int]
    bottleneck: bool = True  # 1x1, 3x3, 1x1 with four times the channels at its end; else two 3x3
    groups: int = 1  # of the 3x3 of a bottleneck
    width: int = 64  # channels a group in the first stage


NETWORKS = {
    "resnet18": Shape((2, 2, 2, 2), bottleneck=False),
    "resnet50": Shape((3, 4, 6, 3)),
    "resnext101_32x4d": Shape((3, 4, 23, 3), groups=32, width=4),
    "resnext101_32x8d": Shape((3, 4, 23, 3), groups=32, width=8),
    "resnext101_64x4d": Shape((3, 4, 23, 3), groups=64, width=4),
}


@dataclass
class ImageNet:
    """1,281,167 images of 1,000 classes to train, 50,000 to validate; or any folder laid out alike."""

    name: str = "imagenet"
    networks: list[str] = field(default_factory=lambda: ["resnet50"])  # model i has networks[i modulo their number]
    images: int = 1_281_167  # in train/: the check of the folder wants exactly these, and as many of val/ and classes
    valid_examples: int = 50_000
    classes: int = 1000
    fraction: int = 1  # train on one image in so many, of each class alike (v2 Fig 16)
    subset_seed: int = 0  # which of them; a fraction of 8 is then part of a fraction of 4
    corrupt: str = "stop"  # an image to train on that cannot be read: stop, or replace by the next of its class

    checked_by: ClassVar[str] = "PYTHONPATH=src python -m workloads.imagenet_check"  # names those that cannot be read

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images a second on a device, and who says so: Goyal et al.'s of ResNet50, by the multiply-adds of others."""
        network = self.networks[i % len(self.networks)]
        source = "Goyal et al. 2017, ResNet50, 90 epochs in 29 h on 8 P100; a V100 is faster"
        source = source if network == "resnet50" else f"{network}, by multiply-adds from {source}"
        return 138.0 * WORK["resnet50"] / WORK[network], source

    @property
    def examples(self) -> int:
        """Images that are trained on."""
        return self.images // self.fraction

    def shape(self, i: int) -> Shape:
        """Of model i's network."""
        return NETWORKS[self.networks[i % len(self.networks)]]

    def parameters(self, i: int) -> int:
        """Of model i: convolutions without bias, two numbers a channel for each BatchNorm, the last layer."""
        shape, before, total = self.shape(i), 64, 3 * 64 * 7 * 7 + 2 * 64
        for stage, blocks in enumerate(shape.blocks):
            planes = 64 * 2**stage
            inner = shape.groups * shape.width * 2**stage
            after = 4 * planes if shape.bottleneck else planes
            for block in range(blocks):
                if shape.bottleneck:
                    total += before * inner + 9 * inner * inner // shape.groups + inner * after + 4 * inner + 2 * after
                else:
                    total += 9 * before * after + 9 * after * after + 4 * after
                if block == 0 and (before != after or stage):
                    total += before * after + 2 * after  # the shortcut, where the shape changes
                before = after
        return total + before * self.classes + self.classes

    def check(self, n: int) -> None:
        for network in self.networks:
            if network not in NETWORKS:
                raise Refused(f"workload.networks={network} is not known to imagenet; {nearest(network, NETWORKS)}")
        if not 1 <= len(self.networks) <= n and len(self.networks) != 1:
            raise Refused(f"workload.networks must name 1 to n={n} networks, came {len(self.networks)}")
        if self.corrupt not in CORRUPT:
            raise Refused(f"workload.corrupt={self.corrupt} is not known; {nearest(self.corrupt, CORRUPT)}")
        for name in ("images", "valid_examples", "classes", "fraction"):
            if getattr(self, name) < 1:
                raise Refused(f"workload.{name} must be 1 or more, came {getattr(self, name)}")

    def ready(self, data: str) -> None:
        """Raises Refused where the folder is not there, or is not the one that these options describe."""
        from workloads.imagenet.folder import check  # numpy is imported only where something is to be trained

        check(Path(data) / "imagenet", self.images, self.valid_examples, self.classes)
