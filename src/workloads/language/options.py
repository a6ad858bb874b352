"""Options of language modelling with an LSTM on prepared documents. Needs no torch."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import ClassVar

from codist.errors import Refused

LAYERS = 2
VALID_WINDOW = 256  # pieces of a validation row, which starts from zero state
ON_A_CORE = 128  # units up to which speeds are those of a CPU


@dataclass
class Language:
    """Anil et al.'s language model (§3.1), by default for the laptop.

    A run's batch and device_batch count windows. The state of a network goes on from window to
    window, over the ends of documents and epochs, and is never reset.
    """

    name: str = "language"
    corpus: str = "bible"  # its name in workloads.prepare
    classes: int = 627  # word pieces, special ones included
    window: int = 32  # pieces through which the gradient passes
    units: int = 64  # of each of the two layers
    embedded: int = 32  # width of the embedding
    layer_norm: bool = True
    examples: int = 44_534  # windows of all training documents, each filled up at its end
    valid_examples: int = 38_111  # pieces of the validation documents
    hash: str = ""  # expected hash in the name of the corpus's folder; "": any

    unit: ClassVar = "windows"
    packages: ClassVar = ("subword-nmt",)

    @property
    def targets(self) -> int:
        """Targets of a window, at most: those at the ends of documents have fewer."""
        return self.window

    def shapes(self, i: int) -> list[tuple[int, ...]]:
        """Shapes of the parameters of the network (lstm.py), in its order."""
        gates, cell = 4 * self.units, self.units
        # gain and bias of the input, gain of the hidden state, gain and bias of the cell; or one bias
        vectors = [(gates,)] * 3 + [(cell,)] * 2 if self.layer_norm else [(gates,)]
        shapes: list[tuple[int, ...]] = [(self.classes, self.embedded)]
        for inputs in [self.embedded] + [self.units] * (LAYERS - 1):
            shapes += [(self.units, gates), (gates, inputs), *vectors]
        return [*shapes, (self.classes, self.units), (self.classes,)]

    def parameters(self, i: int) -> int:
        """Weights of model i's network."""
        return sum(map(prod, self.shapes(i)))

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Windows per second on one device, and the source."""
        if self.units <= ON_A_CORE:
            return 1400.0, "windows: 64 units, 627 pieces, batches of 64, on one core of an EPYC"
        return 1000.0, "windows: our guess for 1,024 units and batches of 128 on a V100"

    def check(self, n: int) -> None:
        for name in ("window", "units", "embedded", "examples", "valid_examples"):
            if getattr(self, name) < 1:
                raise Refused(f"workload.{name} must be 1 or more, got {getattr(self, name)}")
        if self.classes < 2:
            raise Refused(f"workload.classes must be 2 or more, got {self.classes}")

    def ready(self, data: str) -> None:
        """Raises Refused if the corpus is not prepared, or is not what these options describe."""
        self.found(data)

    def found(self, data: str):
        """The documents of train and valid. Raises Refused if they are not what the options describe."""
        from workloads.language.tape import first_windows  # imports numpy
        from workloads.text.documents import Documents

        folder = self.folder(Path(data))
        train, valid = (Documents(folder, split) for split in ("train", "valid"))
        for name, got in (
            ("classes", train.vocabulary),
            ("hash", train.meta["hash"] if self.hash else ""),
            ("examples", int(first_windows(train.begins, self.window)[-1])),
            ("valid_examples", len(valid.pieces)),
        ):
            if (expected := getattr(self, name)) != got:
                raise Refused(
                    f"workload.{name}={expected}, and {folder} has {got}; set workload.{name}={got}"
                )
        return train, valid

    def folder(self, data: Path) -> Path:
        """The prepared corpus, which is prepared now if it comes with the locked packages."""
        from workloads.language import corpora  # imports numpy

        return corpora.folder(self.corpus, data)
