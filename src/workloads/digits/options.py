"""Options of the handwritten digits, which replace ImageNet and CIFAR-10 at `scale=laptop`.

Needs no torch. The images ship with scikit-learn and are read in data.py.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from codist.errors import Refused
from workloads.images.sizes import SMALL, Shaped, Size, shapes_of_small
from workloads.images.splits import Splits
from workloads.networks import Networks

# blocks per stage (three stages, depth 6 blocks + 2), and the factor of `width`
NETWORKS = {
    **{name: (blocks, 1) for name, blocks in SMALL.items()},
    # Small, medium and large substitutes for the published networks, for mixed architectures (v2 §5.2).
    "resnet18": (1, 0.5),
    "resnet50": (1, 1),
    "resnext101_32x4d": (2, 2),
    # Small and large substitutes for those of mutual learning (Anil et al. §3.4.1).
    "resnet32": (1, 0.25),
    "wrn28_10": (2, 2),
}
IMAGES = 1437  # for training; the rest of the 1,797 are for validation
# Images for validation by class: the split is keyed, and only torch can draw it again.
VALID_CLASSES = (43, 39, 29, 37, 34, 20, 44, 35, 30, 49)


@dataclass
class Digits(Shaped, Networks, Splits):
    """1,797 images of 8x8 in ten classes: 1,437 for training, 360 for validation, a fixed split.

    Clean digits saturate near 98.8 %, which hides differences between arms; so noise is added, drawn
    once per image.
    """

    name: str = "digits"
    # model i has networks[i modulo their number]
    networks: list[str] = field(default_factory=lambda: ["resnet8"])
    width: int = 8  # channels of the first stage; the next have twice and four times as many
    first_width: int = 0  # channels of stem and first stage for multi-view probes; 0: `width`
    noise: float = 0.7  # standard deviation, relative to that of the images
    shift: float = 1.0  # maximum shift in pixels per direction, drawn per example and epoch
    turn: float = 10.0  # maximum rotation in degrees
    fraction: int = 1  # k: train on 1/k of each class; the images for 2k are among those for k
    # The 360 validation images are scored with so many redraws of their noise at the end of a run.
    # Four fifths of the variance between seeds is that of the 360; 30 redraws reduce it to a fifth.
    redraws: int = 30

    classes: ClassVar[int] = 10
    valid_classes: ClassVar[tuple[int, ...]] = VALID_CLASSES
    valid_examples: ClassVar[int] = sum(VALID_CLASSES)

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source."""
        return 1800.0, "ResNet-8 on one core of a Xeon at 2.5 GHz"

    @property
    def examples(self) -> int:
        return IMAGES // self.fraction

    @property
    def final_examples(self) -> int:
        return self.redraws * self.valid_examples

    @property
    def viewed(self) -> bool:
        """True if the network is a View (images/view.py); others keep the weight names of old checkpoints."""
        return self.splits > 1 or self.first_width > 0 or self.freeze

    def shape(self, i: int) -> tuple[int, int, int]:
        """Returns residual blocks per stage, width, channels of the first stage of model i."""
        blocks, times = NETWORKS[self.network(i)]
        width = int(self.width * times)
        return blocks, width, self.first_width or width

    def shapes(self, i: int) -> list[Size]:
        blocks, width, first = self.shape(i)
        return shapes_of_small(blocks, first, first // self.splits, width, 1, self.classes)

    def check(self, n: int) -> None:
        self.check_networks(NETWORKS, n)
        for network in self.networks:
            if self.width * NETWORKS[network][1] % 1:
                raise Refused(
                    f"workload.networks={network} has {NETWORKS[network][1]:g} workload.width channels, expected a "
                    f"whole number, got workload.width={self.width}"
                )
        if (
            self.width < 1
            or min(self.first_width, self.noise, self.shift, self.turn, self.redraws) < 0
        ):
            raise Refused(
                "workload.width must be 1 or more; first_width, noise, shift, turn and redraws 0 or more"
            )
        if not 1 <= self.fraction <= IMAGES // self.classes:
            raise Refused(
                f"workload.fraction must be 1 to {IMAGES // self.classes}, got {self.fraction}"
            )
        for i in range(len(self.networks)):
            self.check_splits(self.shape(i)[2])

    def ready(self, data: str) -> None:
        """Never raises: the images ship with scikit-learn."""
