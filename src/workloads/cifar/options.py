"""Options of CIFAR-10 and CIFAR-100 and their residual networks. Needs no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from codist.errors import Refused
from workloads.images.sizes import (
    CIFAR,
    WRN_28_10,
    Shaped,
    Size,
    shapes_of_cifar_resnet,
    shapes_of_wide,
)
from workloads.images.splits import Splits
from workloads.networks import Networks
from workloads.sources import SOURCES, File, wrong

PIXELS = 3 * 32 * 32  # bytes of an image: red, green and blue
WIDE = "wrn28_10"


class Format(NamedTuple):
    """One of the two data sets: its folder and files, each of records of `labels` bytes and an image."""

    folder: str  # in the data folder; also its name in SOURCES
    labels: int  # label bytes of a record, the class last: CIFAR-100 has a coarse label before it
    train: tuple[str, ...]  # files of equal size
    valid: str

    @property
    def record(self) -> int:
        """Bytes of a record."""
        return self.labels + PIXELS


FORMATS = {
    10: Format("cifar10", 1, tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin"),
    100: Format("cifar100", 2, ("train.bin",), "test.bin"),
}


@dataclass
class Cifar(Shaped, Networks, Splits):
    """50,000 training and 10,000 validation images of 32x32 in ten or a hundred classes, in the binary format.

    `splits` divides the channels of the first group: 160 in WRN-28-10, so 20 in each of 8 (C28).
    """

    name: str = "cifar"
    # model i has networks[i modulo their number]: wrn28_10, of `depth` and `width`, or resnet32
    networks: list[str] = field(default_factory=lambda: [WIDE])
    depth: int = WRN_28_10[0]  # 6 blocks + 4
    width: int = WRN_28_10[1]  # the three groups have 16, 32 and 64 times this many channels
    classes: int = 10  # or 100, CIFAR-100's fine labels
    # change these two numbers for your own files only
    examples: int = 50_000
    valid_examples: int = 10_000

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source."""
        if self.network(i) in CIFAR:
            return 4000.0, "ResNet-32 on a V100: our estimate, not measured"
        return (
            116.0,
            "Zagoruyko and Komodakis: 200 epochs of WRN-28-10 in about a day on a Titan X; a V100 is faster",
        )

    @property
    def format(self) -> Format:
        return FORMATS[self.classes]

    @property
    def channels(self) -> int:
        """Channels of the first group."""
        return 16 * self.width

    def shapes(self, i: int) -> list[Size]:
        if self.network(i) in CIFAR:
            return shapes_of_cifar_resnet(self.network(i), self.classes)
        return shapes_of_wide(self.depth, self.width, self.splits, self.classes)

    def check(self, n: int) -> None:
        self.check_networks((WIDE, *CIFAR), n)
        if self.classes not in FORMATS:
            raise Refused(f"workload.classes must be 10 or 100, got {self.classes}")
        if self.depth < 10 or (self.depth - 4) % 6:
            near = max(10, round((self.depth - 4) / 6) * 6 + 4)
            raise Refused(
                f"workload.depth must be 6 blocks + 4, got {self.depth}; the nearest is {near}"
            )
        files = len(self.format.train)
        if min(self.width, self.examples, self.valid_examples) < 1 or self.examples % files:
            raise Refused(
                "workload.width, examples and valid_examples must be 1 or more, and examples a multiple of "
                f"{files}, got {self.width}, {self.examples} and {self.valid_examples}"
            )
        if (self.splits > 1 or self.freeze) and {*self.networks} != {WIDE}:
            raise Refused(
                f"workload.splits and freeze need {WIDE}, got workload.networks={self.networks}"
            )
        self.check_splits(self.channels)

    def files(self) -> dict[str, File]:
        """The expected files, with checksums if they are the published ones."""
        of = self.format
        if (self.examples, self.valid_examples) == (50_000, 10_000):
            return {
                path.rpartition("/")[2]: file for path, file in SOURCES[of.folder].members.items()
            }
        each = File(self.examples // len(of.train) * of.record)
        return dict.fromkeys(of.train, each) | {of.valid: File(self.valid_examples * of.record)}

    def ready(self, data: str) -> None:
        """Raises Refused if the folder in `data` does not have the expected files."""
        for name, file in self.files().items():
            path = Path(data) / self.format.folder / name
            if problem := wrong(path, file):
                raise Refused(
                    f"{path} {problem}; run PYTHONPATH=src python -m workloads.fetch {self.format.folder} "
                    f"--data {data}"
                )
