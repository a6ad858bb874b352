"""Options of the small glyphs, which replace ImageNet at `scale=glyphs_scarce` and `glyphs_plenty`.

Needs no torch. variants.py renders the characters with numpy, data.py adds the noise.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from codist.errors import Refused
from workloads.files import irregular
from workloads.images.faces import BITMAPS, CHARACTERS, TRAIN, VALID
from workloads.images.sizes import Shaped, Size, shapes_of_residual_mlp, shapes_of_small
from workloads.networks import Networks
from workloads.small_glyphs import SIDE


class Network(NamedTuple):
    blocks: int
    width: int
    convolutions: bool = False


NETWORKS = {
    "residual_mlp": Network(2, 64),
    "resnet8": Network(1, 8, convolutions=True),
    # Small, medium and large substitutes for the published networks, for mixed architectures (v2 §5.2).
    "resnet18": Network(2, 32),
    "resnet50": Network(2, 64),
    "resnext101_32x4d": Network(4, 128),
}


@dataclass
class SmallGlyphs(Shaped, Networks):
    """Images of 8x8, one class per character: nine typefaces for training, three for validation.

    An example is a drawing with noise. Part of the noise is fixed per example, so that it can be
    memorized; the rest is drawn anew in each epoch. Each use also takes one of `variants` distorted
    renderings of the drawing.
    """

    name: str = "small_glyphs"
    # model i has networks[i modulo their number]
    networks: list[str] = field(default_factory=lambda: ["residual_mlp"])
    classes: int = 50  # a fixed choice of characters; fewer classes are a prefix of it
    copies: int = 4  # examples per drawing, each with its own fixed noise
    variants: int = 32  # renderings per drawing; each use of an example takes one of them
    fixed_noise: float = (
        0.6  # standard deviation, relative to that of the images; fixed per example
    )
    fresh_noise: float = 0.4  # the same; anew in each epoch
    fraction: int = 1  # k: train on 1/k of the examples, with fewer typefaces per class (v2 Fig 16)
    # Validation examples per drawing at the end of a run: of 5,100 images, most of the variance
    # between seeds was that of the images; with 20,400 it is halved. They share 150 drawings.
    final_copies: int = 136
    curve_copies: int = 7  # the same after each epoch, for the curves; a part of the final ones
    shift: float = 1.0  # maximum shift per direction, in pixels of the 32x32 drawing
    turn: float = 10.0  # maximum rotation in degrees
    zoom: float = 0.1  # maximum relative change of size
    shear: float = 0.1  # maximum shear, pixels sideways per pixel up
    contrast: float = 0.3  # maximum relative change of contrast
    bitmaps: str = BITMAPS  # expected digest of the drawings

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source."""
        if NETWORKS[self.network(i)].convolutions:
            return 4000.0, "ResNet-8 at 8x8 on one core of an EPYC"
        return 20000.0, "residual MLP of width 64 on one core of an EPYC"

    @property
    def examples(self) -> int:
        return self.classes * len(TRAIN) * self.copies // self.fraction

    @property
    def valid_classes(self) -> tuple[int, ...]:
        return (len(VALID) * self.curve_copies,) * self.classes

    @property
    def valid_examples(self) -> int:
        return sum(self.valid_classes)

    @property
    def final_examples(self) -> int:
        return self.classes * len(VALID) * self.final_copies

    def shapes(self, i: int) -> list[Size]:
        blocks, width, convolutions = NETWORKS[self.network(i)]
        if convolutions:
            return shapes_of_small(blocks, width, width, width, 1, self.classes)
        return shapes_of_residual_mlp(SIDE * SIDE, blocks, width, self.classes)

    def check(self, n: int) -> None:
        self.check_networks(NETWORKS, n)
        if not 2 <= self.classes <= CHARACTERS:
            raise Refused(f"workload.classes must be 2 to {CHARACTERS}, got {self.classes}")
        if min(self.copies, self.variants, self.curve_copies, self.fraction) < 1:
            raise Refused("workload.copies, variants, curve_copies and fraction must be 1 or more")
        if self.fraction > len(TRAIN) * self.copies:
            raise Refused(
                f"workload.fraction must be 1 to {len(TRAIN) * self.copies}, so that every class has an example; "
                f"got {self.fraction}"
            )
        if self.final_copies < self.curve_copies:
            raise Refused(
                f"workload.final_copies must be at least workload.curve_copies={self.curve_copies}, "
                f"got {self.final_copies}"
            )
        noises = self.fixed_noise, self.fresh_noise
        if min(self.shift, self.turn, self.zoom, self.shear, self.contrast, *noises) < 0:
            raise Refused(
                "workload.shift, turn, zoom, shear, contrast, fixed_noise and fresh_noise must be 0 or more"
            )
        if self.zoom >= 1:
            raise Refused(f"workload.zoom must be below 1, got {self.zoom}")

    def ready(self, data: str) -> None:
        """Render the characters into `data` unless they are there.

        Raises Refused if the drawings differ from the expected ones or cannot be written.
        """
        # imports numpy, and matplotlib if bitmaps are missing
        from workloads.small_glyphs import variants

        for faces, copies in ((TRAIN, self.variants), (VALID, self.final_copies)):
            if irregular(variants.path_of(data, self, faces, copies)):
                variants.rendered(data, self, faces, copies)
