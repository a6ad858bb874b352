"""ImageNet (ILSVRC-2012) with the papers' networks: options, and what a plan needs to know."""

from dataclasses import dataclass, field
from typing import ClassVar

from codist.errors import Refused, nearest

PARAMETERS = {"resnet50": 25_557_032}  # torchvision's own count


@dataclass
class ImageNet:
    """1,281,167 images of 1,000 classes to train, 50,000 to validate."""

    name: str = "imagenet"
    networks: list[str] = field(default_factory=lambda: ["resnet50"])  # model i has networks[i modulo their number]

    examples: ClassVar[int] = 1_281_167
    classes: ClassVar[int] = 1000
    stated_speed: ClassVar = (138.0, "Goyal et al. 2017, 90 epochs in 29 h on 8 P100; a V100 is faster")

    def parameters(self, i: int) -> int:
        return PARAMETERS[self.networks[i % len(self.networks)]]

    def check(self, n: int) -> None:
        for network in self.networks:
            if network not in PARAMETERS:
                raise Refused(f"workload.networks={network} is not known to imagenet; {nearest(network, PARAMETERS)}")

    def ready(self, data: str) -> None:
        raise Refused("imagenet can be planned but not yet trained; use scale=laptop, or put `plan` before sweep=")
