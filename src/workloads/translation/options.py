"""Options of translation with prepared corpora, such as WMT and IWSLT. Needs no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from codist.errors import Refused
from workloads.text.transformers import Transformers

GUESSED = 20_000.0 * 31_543_296  # tokens per second times weights


@dataclass
class Translation(Transformers):
    """A corpus prepared under place.data, with one vocabulary for both languages.

    A run's batch and device_batch count tokens, padding included; a sentence pair counts as the
    longer of the two.
    """

    name: str = "translation"
    networks: list[str] = field(default_factory=lambda: ["transformer_iwslt_de_en"])
    corpus: str = "iwslt14"  # its name in workloads.prepare
    source: str = "de"
    target: str = "en"
    classes: int = 10_000  # including <s>, <pad>, </s> and <unk>
    # per epoch, counting every device batch as full; checked before the first update
    tokens: int = 4_000_000
    multiple: int = 8
    scored: str = "test"  # the split that BLEU is measured on
    hash: str = ""  # expected hash in the name of the corpus's folder; "": any

    # the hash covers the tools that prepared the corpus
    packages: ClassVar = (*Transformers.packages, "sacremoses")

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Tokens per second, scaled by the number of weights without embeddings, and the source."""
        weights = self.parameters(i) - self.classes * self.shape(i).width
        source = "tokens: 20,000 of fairseq's transformer for IWSLT on a V100 (our guess), others by their weights"
        return GUESSED / weights, source

    def of_epoch(self, device_batch: int) -> int:
        """Tokens per epoch, padding included, for the device batch that `tokens` was counted with."""
        return self.tokens

    def check(self, n: int) -> None:
        self.check_transformers(n)
        if self.classes < 5 or self.tokens < 1:
            raise Refused("workload.classes must be 5 or more, and workload.tokens 1 or more")
        if self.scored not in ("valid", "test"):
            raise Refused(
                f"workload.scored={self.scored} has no references kept; set it to valid or test"
            )

    def ready(self, data: str) -> None:
        """Raises Refused if the corpus is not prepared, or is not what these options describe."""
        self.found(data)

    def found(self, data: str):
        from workloads.text.corpus import Corpus, prepared  # imports numpy

        corpus = Corpus(prepared(Path(data), self.corpus), self.source, self.target)
        for name, expected, got in (
            ("classes", self.classes, corpus.meta["vocabulary"]),
            ("hash", self.hash or corpus.meta["hash"], corpus.meta["hash"]),
        ):
            if expected != got:
                raise Refused(
                    f"workload.{name}={expected}, and {corpus.folder} has {got}; set workload.{name}={got}"
                )
        return corpus
