"""Options of the synthetic language, which replaces WMT and IWSLT at `scale=laptop`. Needs no torch."""

from dataclasses import dataclass
from typing import ClassVar

from codist.errors import Refused
from workloads.text.symbols import SPECIAL
from workloads.text.transformers import Transformers

# Small substitutes for the published networks that arms name.
SUBSTITUTES = {
    "transformer_vaswani_wmt_en_de_big": "transformer_small",
    "transformer_iwslt_de_en": "transformer_tiny",
}


@dataclass
class Grammar(Transformers):
    """Translation from verb-final sentences to verb-second ones, with agreement (language.py).

    Translations are deterministic except for `noise`. A network that knows the grammar reaches the
    BLEU that noise allows; one too large for its few sentences memorizes the noise.
    """

    name: str = "grammar"
    sentences: int = 8000  # for training; fewer are a prefix of more
    valid_sentences: int = 400  # their sources do not occur in training
    nouns: int = 16  # and half as many adjectives and verbs, a quarter as many adverbs
    noise: float = 0.05  # fraction of target words replaced by random target words
    seed: int = 0  # of the language and its sentences, independent of the run's seed

    scored: ClassVar = "valid"  # the split that BLEU is measured on

    def stated_speed(self, i: int) -> tuple[float, str]:
        """Tokens per second on one device, and the source."""
        return (
            15_000.0,
            "tokens: a 2+2-layer transformer of width 64 on one core of a Xeon at 2.5 GHz",
        )

    def network(self, i: int) -> str:
        """The name of model i's network, or of its substitute for a published one."""
        return SUBSTITUTES.get(super().network(i), super().network(i))

    @property
    def classes(self) -> int:
        return len(SPECIAL) + 4 + 4 * self.nouns + 9 * (self.nouns // 2) + 2 * (self.nouns // 4)

    @property
    def made_of(self) -> tuple:
        """The options that determine the sentences."""
        return self.sentences, self.valid_sentences, self.nouns, self.noise, self.seed

    @property
    def valid_classes(self) -> tuple[int, ...]:
        from workloads.grammar.language import valid_words  # imports numpy, no torch

        return valid_words(self.classes, *self.made_of)

    @property
    def valid_examples(self) -> int:
        """Target words and </s> of the validation sentences."""
        return sum(self.valid_classes)

    def of_epoch(self, device_batch: int) -> int:
        """Tokens per epoch, padding included, counting every device batch as full."""
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
        """Never raises: the sentences are generated."""
