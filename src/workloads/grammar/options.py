"""A made-up language and its translation: what stands for WMT and IWSLT at `scale=laptop`. Options; needs no torch."""

from dataclasses import dataclass
from typing import ClassVar

from codist.errors import Refused
from workloads.text.symbols import SPECIAL
from workloads.text.transformers import Transformers

# What a published network of that name is here, where an arm asks for it.
STANDS_FOR = {
    "transformer_vaswani_wmt_en_de_big": "transformer_small",
    "transformer_iwslt_de_en": "transformer_tiny",
}


@dataclass
class Grammar(Transformers):
    """Sentences with the verb at their end, into ones with the verb after the subject, and agreement (language.py).

    A translation is certain but for `noise`, so a network that knows the grammar reaches the BLEU
    that noise leaves, and one that is too large for its few sentences learns noise by heart.
    """

    name: str = "grammar"
    sentences: int = 8000  # to train; fewer are the first of more
    valid_sentences: int = 400  # none of their sources is trained on
    nouns: int = (
        16  # with half as many adjectives, as many verbs as those, and half as many adverbs
    )
    noise: float = 0.05  # share of the target's words that are any word of the language instead
    seed: int = 0  # of the language and its sentences; that of the run is another

    scored: ClassVar = "valid"  # the split that BLEU is measured on

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Tokens a second on a device, and who says so."""
        return (
            15_000.0,
            "tokens: a 2+2-layer transformer of width 64 on one core of a Xeon at 2.5 GHz",
        )

    def network(self, i: int) -> str:
        """The name of model i's network; of one that stands for the published one."""
        return STANDS_FOR.get(super().network(i), super().network(i))

    @property
    def classes(self) -> int:
        return len(SPECIAL) + 4 + 4 * self.nouns + 9 * (self.nouns // 2) + 2 * (self.nouns // 4)

    @property
    def made_of(self) -> tuple:
        """What decides the sentences."""
        return self.sentences, self.valid_sentences, self.nouns, self.noise, self.seed

    def of_epoch(self, device_batch: int) -> int:
        """Tokens of an epoch, padding included: its device batches, each as if it were full."""
        from workloads.grammar.language import how_many  # imports numpy, no torch

        return device_batch * how_many(device_batch, self.multiple, *self.made_of)

    def check(self, n: int) -> None:
        self.check_transformers(n)
        if min(self.sentences, self.valid_sentences) < 1 or self.nouns < 4:
            raise Refused(
                "workload.sentences and valid_sentences must be 1 or more, and nouns 4 or more"
            )
        if not 0 <= self.noise < 1:
            raise Refused(f"workload.noise must be at least 0 and below 1, got {self.noise}")

    def ready(self, data: str) -> None:
        """Never refuses: the sentences are made."""
