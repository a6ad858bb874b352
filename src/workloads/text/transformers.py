"""The transformers that translate, by fairseq's names: their sizes, and the options that all translation shares.

Needs no torch. What fairseq makes of the names is in fairseq_parts.py.
"""

from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from codist.errors import Refused
from workloads.networks import Networks


class Shape(NamedTuple):
    """An encoder and a decoder, both of `layers`; normalized after each sublayer (Vaswani et al. 2017)."""

    layers: int
    width: int
    inner: int  # between the two linear maps of a layer
    heads: int


NETWORKS = {
    "transformer_vaswani_wmt_en_de_big": Shape(6, 1024, 4096, 16),
    "transformer_wmt_en_de": Shape(6, 512, 2048, 8),
    "transformer_iwslt_de_en": Shape(6, 512, 1024, 4),
    "transformer_tiny": Shape(2, 64, 128, 4),  # ours, for a laptop, and the next
    "transformer_small": Shape(2, 128, 512, 4),
}


@dataclass
class Transformers(Networks):
    """One vocabulary for both languages, and one table for source, target and output (Ott et al. 2018)."""

    networks: list[str] = field(
        default_factory=lambda: ["transformer_tiny"]
    )  # model i has networks[i modulo number]
    dropout: float = 0.1
    # sentences of a device batch are a multiple of it, where they are not fewer; fairseq's are of 8
    multiple: int = 1
    beam: int = (
        5  # hypotheses that are followed when BLEU is measured, once at the end; 0: it is not
    )
    length_penalty: float = (
        1.0  # a hypothesis' log-probability is divided by its length to this power
    )
    # BLEU is of the mean of the weights at the ends of so many last epochs; 0: of the last weights
    averaged: int = 0

    packages: ClassVar = ("fairseq", "sacrebleu")

    def shape(self, i: int) -> Shape:
        """Of model i's network."""
        return NETWORKS[self.network(i)]

    def parameters(self, i: int) -> int:
        """Of model i. 176.4 M for the big one and 31.5 M for IWSLT's before the vocabulary's rows of `width`."""
        shape = self.shape(i)
        attention = 4 * shape.width * (shape.width + 1)
        linear = 2 * shape.width * shape.inner + shape.inner + shape.width
        norm = 2 * shape.width
        layer_of_each = (
            3 * attention + 2 * linear + 5 * norm
        )  # the decoder's attends to the source, too
        return shape.layers * layer_of_each + self.classes * shape.width

    def check_transformers(self, n: int) -> None:
        """Raises Refused where these options cannot be."""
        self.check_networks(NETWORKS, n)
        if not 0 <= self.dropout < 1:
            raise Refused(f"workload.dropout must be at least 0 and below 1, got {self.dropout}")
        if self.multiple < 1 or min(self.beam, self.length_penalty, self.averaged) < 0:
            raise Refused(
                "workload.multiple must be 1 or more, workload.beam, length_penalty and averaged 0 or more"
            )
