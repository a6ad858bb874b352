"""WMT, IWSLT and what else is prepared: options of translation, and what a plan needs to know. Needs no torch."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from codist.errors import Refused
from workloads.text.transformers import Transformers

GUESSED = 20_000.0 * 31_543_296  # tokens a second times weights


@dataclass
class Translation(Transformers):
    """A corpus that is prepared under place.data, from one language to the other, with one vocabulary for both.

    A run's batch and device_batch are tokens, padding included: a sentence pair's count as the
    longer of the two.
    """

    name: str = "translation"
    networks: list[str] = field(default_factory=lambda: ["transformer_iwslt_de_en"])
    corpus: str = "iwslt14"  # the name that it was prepared under
    source: str = "de"
    target: str = "en"
    classes: int = 10_000  # <s>, <pad>, </s> and <unk> among them
    # of an epoch: its device batches, each as if it were full; checked before the first update
    tokens: int = 4_000_000
    multiple: int = 8
    scored: str = "test"  # the split that BLEU is measured on
    hash: str = (
        ""  # of what the corpus was made from, as in its folder's name; "": whatever is there
    )

    packages: ClassVar = (
        *Transformers.packages,
        "sacremoses",
    )  # what cut the corpus in pieces is in its hash

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Tokens a second, and who says so: by the weights that a token passes, the vocabulary's left out."""
        weights = self.parameters(i) - self.classes * self.shape(i).width
        source = "tokens: 20,000 of fairseq's transformer for IWSLT on a V100 (our guess), others by their weights"
        return GUESSED / weights, source

    def of_epoch(self, device_batch: int) -> int:
        """Tokens of an epoch, padding included; for the device batch that `tokens` was counted with."""
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
        """Raises Refused where the corpus is not prepared, or is another than these options describe."""
        self.found(data)

    def found(self, data: str):
        from workloads.text.corpus import Corpus, prepared  # imports numpy

        corpus = Corpus(prepared(Path(data), self.corpus), self.source, self.target)
        for name, told, came in (
            ("classes", self.classes, corpus.meta["vocabulary"]),
            ("hash", self.hash or corpus.meta["hash"], corpus.meta["hash"]),
        ):
            if told != came:
                raise Refused(
                    f"workload.{name}={told}, and {corpus.folder} has {came}; set workload.{name}={came}"
                )
        return corpus
