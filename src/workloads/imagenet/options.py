"""Options of ImageNet (ILSVRC-2012) with the papers' networks. Needs no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from codist.errors import Refused, nearest
from workloads.images.sizes import TORCHVISION, Shape, Shaped, Size, shapes_of_torchvision
from workloads.networks import Networks

CORRUPT = ("stop", "replace")


# Multiply-adds per image, 10^9, from torchvision's model pages; 32x4d from Xie et al. (2017).
WORK = {
    "resnet18": 1.81,
    "resnet50": 4.09,
    "resnext101_32x4d": 8.0,
    "resnext101_32x8d": 16.41,
    "resnext101_64x4d": 15.46,
}


@dataclass
class ImageNet(Shaped, Networks):
    """1,281,167 training and 50,000 validation images of 1,000 classes, or any folder of that layout."""

    name: str = "imagenet"
    # model i has networks[i modulo their number]
    networks: list[str] = field(default_factory=lambda: ["resnet50"])
    # images in train/; the folder must have exactly these numbers of images and classes
    images: int = 1_281_167
    valid_examples: int = 50_000
    classes: int = 1000
    fraction: int = 1  # train on one image in `fraction` of each class (v2 Fig 16)
    subset_seed: int = 0  # seed of that choice; the subset of 8 is contained in that of 4
    # for a corrupt training image: stop, or replace it by the next of its class
    corrupt: str = "stop"

    # the command that names all corrupt images
    checked_by: ClassVar[str] = "PYTHONPATH=src python -m workloads.imagenet_check"

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source.

        Speeds are Goyal et al.'s of ResNet50, scaled by multiply-adds for other networks.
        """
        network = self.network(i)
        source = "Goyal et al. 2017, ResNet50, 90 epochs in 29 h on 8 P100; a V100 is faster"
        source = source if network == "resnet50" else f"{network}, by multiply-adds from {source}"
        return 138.0 * WORK["resnet50"] / WORK[network], source

    @property
    def examples(self) -> int:
        """The number of training images."""
        return self.images // self.fraction

    def shape(self, i: int) -> Shape:
        """The shape of model i's network."""
        return TORCHVISION[self.network(i)]

    def shapes(self, i: int) -> list[Size]:
        return shapes_of_torchvision(self.shape(i), (3, 7), self.classes)

    def check(self, n: int) -> None:
        self.check_networks(TORCHVISION, n)
        if self.corrupt not in CORRUPT:
            raise Refused(
                f"workload.corrupt={self.corrupt} is not known; {nearest(self.corrupt, CORRUPT)}"
            )
        for name in ("images", "valid_examples", "classes", "fraction"):
            if getattr(self, name) < 1:
                raise Refused(f"workload.{name} must be 1 or more, got {getattr(self, name)}")

    def ready(self, data: str) -> None:
        """Raises Refused if the folder is missing, or is not what these options describe."""
        # imports numpy, which plans do not need
        from workloads.imagenet.folder import check

        check(Path(data) / "imagenet", self.images, self.valid_examples, self.classes)
