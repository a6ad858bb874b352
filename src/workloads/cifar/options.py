"""Options of CIFAR-10 and its wide residual network. Needs no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from codist.errors import Refused
from workloads.images.sizes import WRN_28_10, of_wide
from workloads.images.splits import Splits
from workloads.sources import SOURCES, File, wrong

RECORD = 1 + 3 * 32 * 32  # bytes: the label, then red, green and blue
TRAIN = [f"data_batch_{nth}.bin" for nth in range(1, 6)]
VALID = "test_batch.bin"


@dataclass
class Cifar(Splits):
    """50,000 training and 10,000 validation images of 32x32 in ten classes, in the binary format.

    `splits` divides the channels of the first group: 160 in WRN-28-10, so 20 in each of 8 (C28).
    """

    name: str = "cifar"
    depth: int = WRN_28_10[0]  # 6 blocks + 4
    width: int = WRN_28_10[1]  # the three groups have 16, 32 and 64 times this many channels
    # in five files of equal size; change these two numbers for your own files only
    examples: int = 50_000
    valid_examples: int = 10_000

    classes: ClassVar[int] = 10

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Images per second on one device, and the source."""
        return (
            116.0,
            "Zagoruyko and Komodakis: 200 epochs of WRN-28-10 in about a day on a Titan X; a V100 is faster",
        )

    @property
    def channels(self) -> int:
        """Channels of the first group."""
        return 16 * self.width

    def parameters(self, i: int) -> int:
        return of_wide(self.depth, self.width, self.splits, self.classes)

    def check(self, n: int) -> None:
        if self.depth < 10 or (self.depth - 4) % 6:
            near = max(10, round((self.depth - 4) / 6) * 6 + 4)
            raise Refused(
                f"workload.depth must be 6 blocks + 4, got {self.depth}; the nearest is {near}"
            )
        if min(self.width, self.examples, self.valid_examples) < 1 or self.examples % len(TRAIN):
            raise Refused(
                "workload.width and valid_examples must be 1 or more, and examples a multiple of 5"
            )
        self.check_splits(self.channels)

    def files(self) -> dict[str, File]:
        """The expected files, with checksums if they are the published ones."""
        if (self.examples, self.valid_examples) == (50_000, 10_000):
            return {
                path.rpartition("/")[2]: file for path, file in SOURCES["cifar10"].members.items()
            }
        return {name: File(self.examples // len(TRAIN) * RECORD) for name in TRAIN} | {
            VALID: File(self.valid_examples * RECORD)
        }

    def ready(self, data: str) -> None:
        """Raises Refused if <data>/cifar10 does not have the expected files."""
        for name, file in self.files().items():
            path = Path(data) / "cifar10" / name
            if problem := wrong(path, file):
                raise Refused(
                    f"{path} {problem}; run PYTHONPATH=src python -m workloads.fetch cifar10 --data {data}"
                )
