"""Characters in twelve typefaces that ship with matplotlib: what stands for ImageNet at `scale=gpu`.

The options and what a plan needs to know; the bitmaps are made in typefaces.py, the images in
data.py.
"""

from dataclasses import dataclass, field

from codist.errors import Refused
from workloads.files import irregular
from workloads.images.sizes import SMALL, TORCHVISION, WRN_28_10, of_small, of_torchvision, of_wide
from workloads.images.splits import Splits
from workloads.networks import Networks

TRAIN = (
    "DejaVuSans",
    "DejaVuSans-Bold",
    "DejaVuSans-Oblique",
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique",
    "DejaVuSerif",
    "DejaVuSerif-Bold",
    "DejaVuSerif-Italic",
)
VALID = (
    "DejaVuSans-BoldOblique",
    "DejaVuSansMono-BoldOblique",
    "DejaVuSerif-BoldItalic",
)  # never trained on
CHARACTERS = (
    1261  # of 2,383 in all twelve: each looks different in each, and in none like another of them
)
# of those characters, as matplotlib 3.11.2 with FreeType 2.14.3 draws them
BITMAPS = "sha256-e956bf2dd5ef7993"
PUBLISHED = ("resnet18", "resnet50", "resnext101_32x4d")  # torchvision's, with another stem
STEM = 9 * 64 + 2 * 64  # its parameters: 3x3, from one channel to 64, and their norm
WIDE = "wrn28_10"  # CIFAR-10's, the one that views are cut from


@dataclass
class Glyphs(Networks, Splits):
    """Images of 32x32, a character a class: nine typefaces to train, three others to validate.

    A typeface draws a character once, so an example is that drawing bent, blurred by noise and
    faded anew each epoch; a validation example is drawn once. Data is scarce in typefaces, hence
    the gap between training and validation.
    """

    name: str = "glyphs"
    networks: list[str] = field(
        default_factory=lambda: ["resnet18"]
    )  # model i has networks[i modulo their number]
    width: int = 8  # channels of the first stage of resnet8 and resnet14
    classes: int = 1000  # a fixed choice of the characters; fewer classes are some of these
    copies: int = 1  # examples that an epoch makes of each drawing
    valid_copies: int = 1
    fraction: int = (
        1  # train on one k-th of the examples: of each class on fewer typefaces (v2 Fig 16)
    )
    shift: float = 2.0  # pixels, at most, in each direction
    turn: float = 10.0  # degrees, at most
    zoom: float = 0.1  # larger or smaller by this share, at most
    shear: float = 0.1  # pixels sideways for each pixel up, at most
    contrast: float = 0.3  # darker or lighter by this share, at most
    noise: float = 0.5  # standard deviation, where the images' own is 1
    bitmaps: str = (
        BITMAPS  # what other versions of matplotlib draw is refused, unless it is named here
    )

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images a second on a device, and who says so."""
        return 5000.0, "ResNet18 in device batches of 32 on an H200: our estimate, not measured"

    @property
    def examples(self) -> int:
        return self.classes * len(TRAIN) * self.copies // self.fraction

    def parameters(self, i: int) -> int:
        network = self.network(i)
        if network == WIDE:
            return of_wide(*WRN_28_10, self.splits, self.classes, colours=1)
        if network in SMALL:
            return of_small(SMALL[network], self.width, self.width, self.width, 1, self.classes)
        return of_torchvision(TORCHVISION[network], STEM, self.classes)

    def check(self, n: int) -> None:
        self.check_networks((*SMALL, *PUBLISHED, WIDE), n)
        if self.splits > 1 or self.freeze:
            if {*self.networks} != {WIDE}:
                raise Refused(
                    f"workload.splits and freeze are for {WIDE}, got workload.networks={self.networks}"
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
        """Draw the bitmaps into `data` unless they are there. Raises Refused where others than ours come out, or where
        they cannot be kept."""
        # imports numpy, and matplotlib where something is to be drawn
        from workloads.glyphs import typefaces

        if irregular(typefaces.path_of(data, self.bitmaps)):
            typefaces.glyphs(TRAIN + VALID, data, self.bitmaps)
