"""ImageNet (ILSVRC-2012) with the papers' networks: options, and what a plan needs to know. Needs no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from codist.errors import Refused, nearest
from workloads.images.sizes import TORCHVISION, Shape, of_torchvision
from workloads.networks import Networks

CORRUPT = ("stop", "replace")


# Multiply-adds of an image, 10^9: torchvision's model pages; 32x4d after Xie et al. (2017).
WORK = {
    "resnet18": 1.81,
    "resnet50": 4.09,
    "resnext101_32x4d": 8.0,
    "resnext101_32x8d": 16.41,
    "resnext101_64x4d": 15.46,
}


@dataclass
class ImageNet(Networks):
    """1,281,167 images of 1,000 classes to train, 50,000 to validate; or any folder laid out alike."""

    name: str = "imagenet"
    networks: list[str] = field(
        default_factory=lambda: ["resnet50"]
    )  # model i has networks[i modulo their number]
    # in train/: the check of the folder wants exactly these, and as many of val/ and classes
    images: int = 1_281_167
    valid_examples: int = 50_000
    classes: int = 1000
    fraction: int = 1  # train on one image in so many, of each class alike (v2 Fig 16)
    subset_seed: int = 0  # which of them; a fraction of 8 is then part of a fraction of 4
    # an image to train on that cannot be read: stop, or replace by the next of its class
    corrupt: str = "stop"

    checked_by: ClassVar[str] = (
        "PYTHONPATH=src python -m workloads.imagenet_check"  # names those that cannot be read
    )

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images a second on a device, and who says so: Goyal et al.'s of ResNet50, by the multiply-adds of others."""
        network = self.network(i)
        source = "Goyal et al. 2017, ResNet50, 90 epochs in 29 h on 8 P100; a V100 is faster"
        source = source if network == "resnet50" else f"{network}, by multiply-adds from {source}"
        return 138.0 * WORK["resnet50"] / WORK[network], source

    @property
    def examples(self) -> int:
        """Images that are trained on."""
        return self.images // self.fraction

    def shape(self, i: int) -> Shape:
        """Of model i's network."""
        return TORCHVISION[self.network(i)]

    def parameters(self, i: int) -> int:
        return of_torchvision(self.shape(i), 3 * 64 * 7 * 7 + 2 * 64, self.classes)

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
        """Raises Refused where the folder is not there, or is not the one that these options describe."""
        # numpy is imported only where something is to be trained
        from workloads.imagenet.folder import check

        check(Path(data) / "imagenet", self.images, self.valid_examples, self.classes)
