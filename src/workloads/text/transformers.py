"""Sizes of the transformers, by fairseq's names, and the options shared by all translation.

Needs no torch. fairseq_parts.py builds the networks.
"""

from dataclasses import dataclass, field
from math import prod
from typing import ClassVar, NamedTuple

from codist.errors import Refused
from workloads.networks import Networks


class Shape(NamedTuple):
    """An encoder and a decoder of `layers` each, with post-normalization (Vaswani et al. 2017)."""

    layers: int
    width: int
    inner: int  # hidden width of the feed-forward layers
    heads: int


NETWORKS = {
    "transformer_vaswani_wmt_en_de_big": Shape(6, 1024, 4096, 16),
    "transformer_wmt_en_de": Shape(6, 512, 2048, 8),
    "transformer_iwslt_de_en": Shape(6, 512, 1024, 4),
    "transformer_tiny": Shape(2, 64, 128, 4),  # ours, for scale=laptop, as is the next
    "transformer_small": Shape(2, 128, 512, 4),
}


@dataclass
class Transformers(Networks):
    """Options with one vocabulary for both languages and tied embeddings (Ott et al. 2018)."""

    # model i has networks[i modulo their number]
    networks: list[str] = field(default_factory=lambda: ["transformer_tiny"])
    dropout: float = 0.1
    # round the sentences of a device batch down to a multiple of this; fairseq uses 8
    multiple: int = 1
    beam: int = 5  # beam size for the final BLEU; 0: do not measure BLEU
    length_penalty: float = 1.0  # log-probabilities are divided by length to this power
    # measure BLEU on the mean of the weights at this many last epoch ends; 0: on the last weights
    averaged: int = 0

    packages: ClassVar = ("fairseq", "sacrebleu")

    def shape(self, i: int) -> Shape:
        """The shape of model i's network."""
        return NETWORKS[self.network(i)]

    def shapes(self, i: int) -> list[tuple[int, ...]]:
        """Shapes of the parameters of model i's network, in fairseq's order."""
        shape = self.shape(i)
        width, inner = shape.width, shape.inner
        # keys, values, queries, output, each with a bias; and the norm after them
        attention = [(width, width), (width,)] * 4 + [(width,)] * 2
        rest = [(inner, width), (inner,), (width, inner), (width,), (width,), (width,)]
        encoder, decoder = attention + rest, 2 * attention + rest
        return [(self.classes, width), *shape.layers * encoder, *shape.layers * decoder]

    def parameters(self, i: int) -> int:
        """Parameters of model i: without embeddings 176.4 M for the big one and 31.5 M for IWSLT's."""
        return sum(map(prod, self.shapes(i)))

    def check_transformers(self, n: int) -> None:
        """Raises Refused if these options are invalid."""
        self.check_networks(NETWORKS, n)
        if not 0 <= self.dropout < 1:
            raise Refused(f"workload.dropout must be at least 0 and below 1, got {self.dropout}")
        if self.multiple < 1 or min(self.beam, self.length_penalty, self.averaged) < 0:
            raise Refused(
                "workload.multiple must be 1 or more, workload.beam, length_penalty and averaged 0 or more"
            )
