"""Handwritten digits, real data that ships with scikit-learn: what stands for ImageNet and CIFAR-10 at `scale=laptop`.

The options and what a plan needs to know; the images themselves are in data.py, which needs torch.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from codist.errors import Refused
from workloads.images.sizes import SMALL, of_small
from workloads.images.splits import Splits
from workloads.networks import Networks

# blocks in each of three stages, depth 6 blocks + 2; and what `width` is multiplied by
NETWORKS = {
    **{name: (blocks, 1) for name, blocks in SMALL.items()},
    # These stand for the published networks of that name where architectures are mixed (v2 §5.2):
    # small, middle, large.
    "resnet18": (1, 0.5),
    "resnet50": (1, 1),
    "resnext101_32x4d": (2, 2),
}
IMAGES = 1437  # to train; the rest of the 1,797 is to validate


@dataclass
class Digits(Networks, Splits):
    """1,797 images of 8x8, ten classes: 1,437 to train, 360 to validate, a fixed split.

    Clean digits saturate near 98.8 % and tell no arms apart, hence the noise: drawn once for each
    image.
    """

    name: str = "digits"
    networks: list[str] = field(
        default_factory=lambda: ["resnet8"]
    )  # model i has networks[i modulo their number]
    width: int = 8  # channels of the first stage; the next have twice and four times as many
    first_width: int = (
        0  # channels of stem and first stage where a view is cut; 0: as many as without it
    )
    noise: float = 0.7  # standard deviation, where the images' own is 1
    shift: float = 1.0  # pixels, at most, in each direction; drawn for each example and epoch
    turn: float = 10.0  # degrees, at most
    fraction: int = (
        1  # k: train on 1/k of the images, of each class alike; those for 2k are among those for k
    )

    classes: ClassVar[int] = 10

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images a second on a device, and who says so."""
        return 1800.0, "ResNet-8 on one core of a Xeon at 2.5 GHz"

    @property
    def examples(self) -> int:
        return IMAGES // self.fraction

    @property
    def viewed(self) -> bool:
        """Can a view be cut from the network (images/view.py)? Plain ones keep the names of older weights."""
        return self.splits > 1 or self.first_width > 0 or self.freeze

    def shape(self, i: int) -> tuple[int, int, int]:
        """Of model i: residual blocks in each stage; its width; channels of its first stage."""
        blocks, times = NETWORKS[self.network(i)]
        width = int(self.width * times)
        return blocks, width, self.first_width or width

    def parameters(self, i: int) -> int:
        blocks, width, first = self.shape(i)
        return of_small(blocks, first, first // self.splits, width, 1, self.classes)

    def check(self, n: int) -> None:
        self.check_networks(NETWORKS, n)
        for network in self.networks:
            if self.width * NETWORKS[network][1] % 1:
                raise Refused(
                    f"workload.networks={network} is half as wide, got an odd workload.width={self.width}"
                )
        if self.width < 1 or min(self.first_width, self.noise, self.shift, self.turn) < 0:
            raise Refused(
                "workload.width must be 1 or more; first_width, noise, shift and turn 0 or more"
            )
        if not 1 <= self.fraction <= IMAGES // self.classes:
            raise Refused(
                f"workload.fraction must be 1 to {IMAGES // self.classes}, got {self.fraction}"
            )
        for i in range(len(self.networks)):
            self.check_splits(self.shape(i)[2])

    def ready(self, data: str) -> None:
        """Raises Refused where the data is not at hand: never here, the images ship with scikit-learn."""
