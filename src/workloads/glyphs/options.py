"""Options of the glyphs, characters in twelve typefaces, which replace ImageNet at `scale=gpu`.

Needs no torch. images/typefaces.py draws the bitmaps with matplotlib, data.py makes images of them.
"""

from dataclasses import dataclass, field

from codist.errors import Refused
from workloads.files import irregular
from workloads.images.faces import BITMAPS, CHARACTERS, TRAIN, VALID
from workloads.images.sizes import (
    CIFAR,
    SMALL,
    TORCHVISION,
    WRN_28_10,
    Shaped,
    Size,
    shapes_of_cifar_resnet,
    shapes_of_small,
    shapes_of_torchvision,
    shapes_of_wide,
)
from workloads.images.splits import Splits
from workloads.networks import Networks

PUBLISHED = ("resnet18", "resnet50", "resnext101_32x4d")  # torchvision's, with a smaller stem
STEM = (1, 3)  # of the first convolution: colours and side
WIDE = "wrn28_10"  # CIFAR-10's network, for multi-view probes


@dataclass
class Glyphs(Shaped, Networks, Splits):
    """Images of 32x32, one class per character: nine typefaces for training, three for validation.

    Each typeface has one drawing per character. Training distorts it, changes its contrast and adds
    noise, anew in each epoch; validation examples are drawn once. The few typefaces limit the data,
    which causes the gap between training and validation.
    """

    name: str = "glyphs"
    # model i has networks[i modulo their number]
    networks: list[str] = field(default_factory=lambda: ["resnet18"])
    width: int = 8  # channels of the first stage of resnet8 and resnet14
    classes: int = 1000  # a fixed choice of characters; fewer classes are a prefix of it
    copies: int = 1  # examples per drawing and epoch
    valid_copies: int = 1
    fraction: int = 1  # k: train on 1/k of the examples, with fewer typefaces per class (v2 Fig 16)
    shift: float = 2.0  # maximum shift in pixels per direction
    turn: float = 10.0  # maximum rotation in degrees
    zoom: float = 0.1  # maximum relative change of size
    shear: float = 0.1  # maximum shear, pixels sideways per pixel up
    contrast: float = 0.3  # maximum relative change of contrast
    noise: float = 0.5  # standard deviation, relative to that of the images
    bitmaps: str = BITMAPS  # expected digest; set it if another version of matplotlib draws others

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source."""
        return 5000.0, "ResNet18 in device batches of 32 on an H200: our estimate, not measured"

    @property
    def examples(self) -> int:
        return self.classes * len(TRAIN) * self.copies // self.fraction

    @property
    def valid_classes(self) -> tuple[int, ...]:
        return (len(VALID) * self.valid_copies,) * self.classes

    @property
    def valid_examples(self) -> int:
        return sum(self.valid_classes)

    def shapes(self, i: int) -> list[Size]:
        network = self.network(i)
        if network == WIDE:
            return shapes_of_wide(*WRN_28_10, self.splits, self.classes, colours=1)
        if network in CIFAR:
            return shapes_of_cifar_resnet(network, self.classes, colours=1)
        if network in SMALL:
            return shapes_of_small(
                SMALL[network], self.width, self.width, self.width, 1, self.classes
            )
        return shapes_of_torchvision(TORCHVISION[network], STEM, self.classes)

    def check(self, n: int) -> None:
        self.check_networks((*SMALL, *CIFAR, *PUBLISHED, WIDE), n)
        if self.splits > 1 or self.freeze:
            if {*self.networks} != {WIDE}:
                raise Refused(
                    f"workload.splits and freeze need {WIDE}, got workload.networks={self.networks}"
                )
            self.check_splits(16 * WRN_28_10[1])
        if not 2 <= self.classes <= CHARACTERS:
            raise Refused(f"workload.classes must be 2 to {CHARACTERS}, got {self.classes}")
        if min(self.width, self.copies, self.valid_copies, self.fraction) < 1:
            raise Refused("workload.width, copies, valid_copies and fraction must be 1 or more")
        if (
            min(self.shift, self.turn, self.zoom, self.shear, self.contrast, self.noise) < 0
            or self.zoom >= 1
        ):
            raise Refused(
                "workload.shift, turn, zoom, shear, contrast and noise must be 0 or more, and zoom below 1"
            )

    def ready(self, data: str) -> None:
        """Draw the bitmaps into `data` unless they are there.

        Raises Refused if the bitmaps differ from the expected ones or cannot be written.
        """
        # imports numpy, and matplotlib if bitmaps are missing
        from workloads.images import typefaces

        if irregular(typefaces.path_of(data, self.bitmaps)):
            typefaces.glyphs(TRAIN + VALID, data, self.bitmaps)
