"""Handwritten digits, real data that ships with scikit-learn: what stands for ImageNet at `scale=laptop`.

The options and what a plan needs to know; the images themselves are in digits_data.py, which needs torch.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from codist.errors import Refused, nearest

BLOCKS = {"resnet8": 1, "resnet14": 2}  # blocks in each of three stages; depth 6 blocks + 2


@dataclass
class Digits:
    """1,797 images of 8x8, ten classes: 1,437 to train, 360 to validate, a fixed split.

    Clean digits saturate near 98.8 % and tell no arms apart, hence the noise: drawn once for each image.
    """

    name: str = "digits"
    networks: list[str] = field(default_factory=lambda: ["resnet8"])  # model i has networks[i modulo their number]
    width: int = 8  # channels of the first stage; the next have twice and four times as many
    noise: float = 0.7  # standard deviation, where the images' own is 1
    shift: float = 1.0  # pixels, at most, in each direction; drawn for each example and epoch
    turn: float = 10.0  # degrees, at most

    examples: ClassVar[int] = 1437
    classes: ClassVar[int] = 10
    stated_speed: ClassVar = (1800.0, "ResNet-8 on one core of a Xeon at 2.5 GHz")  # examples a second

    def blocks(self, i: int) -> int:
        """Residual blocks in each stage of model i."""
        return BLOCKS[self.networks[i % len(self.networks)]]

    def parameters(self, i: int) -> int:
        """Of model i: convolutions without bias, two numbers a channel for each BatchNorm, the last layer."""
        w = self.width
        total = 9 * w + 2 * w
        for before, after in ((w, w), (w, 2 * w), (2 * w, 4 * w)):
            total += 9 * before * after + 9 * after * after + 4 * after
            total += (self.blocks(i) - 1) * (18 * after * after + 4 * after)
            total += before * after + 2 * after if before != after else 0
        return total + 4 * w * self.classes + self.classes

    def check(self, n: int) -> None:
        for network in self.networks:
            if network not in BLOCKS:
                raise Refused(f"workload.networks={network} is not known to digits; {nearest(network, BLOCKS)}")
        if not self.networks or (len(self.networks) > n and len(self.networks) > 1):
            raise Refused(f"workload.networks must name 1 to n={n} networks, came {len(self.networks)}")
        if self.width < 1 or min(self.noise, self.shift, self.turn) < 0:
            raise Refused("workload.width must be 1 or more; noise, shift and turn 0 or more")

    def ready(self, data: str) -> None:
        """Raises Refused where the data is not at hand: never here, the images ship with scikit-learn."""

    def open(self, data: str):
        """The workload itself. `data` is not needed: the images ship with scikit-learn."""
        from workloads.digits_data import DigitsData  # torch is imported only where it is used: plans start fast

        return DigitsData(self)
