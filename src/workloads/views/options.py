"""Options of synthetic images with several views of each class (Allen-Zhu and Li 2020)."""

from dataclasses import dataclass

from codist.errors import Refused
from workloads.images.sizes import SMALL, Shaped, Size, shapes_of_small

SIDE, PATCH = 8, 4  # pixels of an image and of a feature


@dataclass
class Views(Shaped):
    """Each class has one feature per view, and any of them identifies it; some examples show only one.

    A feature is a pattern of 4x4 pixels with root mean square 1, at a random position. The patterns
    of one view are orthogonal, and each view has its own channel. (We omit Allen-Zhu and Li's weak
    features of other classes.)
    """

    name: str = "views"
    classes: int = 10  # at most 16, the number of orthogonal patterns of 4x4 pixels
    views: int = 4  # features of each class
    single: float = 0.5  # fraction of examples that show one random view; the others show all
    noise: float = 0.3  # standard deviation per pixel
    examples: int = 4000
    valid_examples: int = 2000  # from the same distribution
    width: int = 8  # of the ResNet-8

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source."""
        return 1800.0, "as digits': ResNet-8 on one core of a Xeon at 2.5 GHz"

    def shapes(self, i: int) -> list[Size]:
        width = self.width
        return shapes_of_small(SMALL["resnet8"], width, width, width, self.views, self.classes)

    def check(self, n: int) -> None:
        if not 2 <= self.classes <= PATCH * PATCH:
            raise Refused(f"workload.classes must be 2 to {PATCH * PATCH}, got {self.classes}")
        if min(self.views, self.examples, self.valid_examples, self.width) < 1:
            raise Refused("workload.views, examples, valid_examples and width must be 1 or more")
        if not 0 <= self.single <= 1 or self.noise < 0:
            raise Refused("workload.single must be 0 to 1, and noise 0 or more")

    def ready(self, data: str) -> None:
        """Never raises: the images are generated."""
