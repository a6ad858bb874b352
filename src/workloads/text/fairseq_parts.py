"""The parts of fairseq 0.9.0, the papers' version: networks, batches of sentences, beam search.

This is the only file that imports fairseq. It patches what fails on today's numpy and torch:
    numpy.float     an alias that numpy removed
    _float_tensor   an uninitialized buffer of the positional embeddings; set to 0, so that equal
                    networks are bitwise equal
    Search          beam search that relies on torch.div for integer division
"""

import argparse
import warnings

import numpy
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

numpy.float = float
# fairseq uses a bool mask and a float mask together
warnings.filterwarnings("ignore", "Support for mismatched key_padding_mask")
from fairseq import search  # noqa: E402
from fairseq.data import Dictionary  # noqa: E402
from fairseq.models import ARCH_CONFIG_REGISTRY  # noqa: E402
from fairseq.models.transformer import TransformerModel, base_architecture  # noqa: E402
from fairseq.sequence_generator import SequenceGenerator  # noqa: E402

from workloads.text.symbols import END, PAD, SPECIAL  # noqa: E402
from workloads.text.transformers import NETWORKS  # noqa: E402

STOP = numpy.array([END])


class Transformer(nn.Module):
    """fairseq's TransformerModel, with logits only for targets that are not padding.

    x: source tokens (B, S), padded on the left; their lengths (B,); previous target tokens (B, T),
    padded on the right.
    """

    def __init__(self, name: str, classes: int, dropout: float):
        super().__init__()
        vocabulary = Vocabulary(classes)
        self.model = TransformerModel.build_model(architecture(name, dropout), vocabulary)
        for module in self.model.modules():
            if hasattr(module, "_float_tensor"):
                module._float_tensor.zero_()

    def forward(self, x: tuple[Tensor, Tensor, Tensor]) -> Tensor:
        """The logits (N, C), row by row of the batch; padding is dropped before the output projection."""
        source, lengths, previous = x
        decoder = self.model.decoder
        features, _ = decoder(previous, self.model.encoder(source, lengths), features_only=True)
        return decoder.output_layer(features[previous != PAD])


class Vocabulary:
    """The part of a fairseq task that build_model needs; only the number of words matters."""

    def __init__(self, classes: int):
        self.source_dictionary = self.target_dictionary = Dictionary()
        for word in range(classes - len(SPECIAL)):
            self.target_dictionary.add_symbol(str(word))


def architecture(name: str, dropout: float) -> argparse.Namespace:
    """fairseq's arguments for the network of that name, with source, target and output embeddings tied."""
    parser = argparse.ArgumentParser(argument_default=argparse.SUPPRESS)
    TransformerModel.add_args(parser)
    arguments = parser.parse_args(["--share-all-embeddings", "--dropout", str(dropout)])
    if name in ARCH_CONFIG_REGISTRY:
        ARCH_CONFIG_REGISTRY[name](arguments)
        return arguments
    shape = NETWORKS[name]
    for half in ("encoder", "decoder"):
        for what, value in (
            ("layers", shape.layers),
            ("embed_dim", shape.width),
            ("ffn_embed_dim", shape.inner),
            ("attention_heads", shape.heads),
        ):
            setattr(arguments, f"{half}_{what}", value)
    base_architecture(arguments)
    return arguments


def collated(
    pairs: list[tuple[numpy.ndarray, numpy.ndarray]],
) -> tuple[tuple[Tensor, Tensor, Tensor], Tensor, Tensor]:
    """Collate pairs of token ids without </s>: the Transformer's input, targets (N,), and pairs (B,).

    Row r of the batch is pair pairs[r] of the input, longest source first. The result is bitwise that
    of fairseq's language_pair_dataset.collate, which copies row by row.
    """
    lengths = torch.tensor([len(source) + 1 for source, _ in pairs])
    lengths, rows = lengths.sort(descending=True)
    sources, targets = zip(*(pairs[i] for i in rows.tolist()), strict=True)
    target = padded(targets, "right")
    real = target != PAD
    previous = target.roll(1, dims=1).masked_fill_(~real, PAD)
    previous[:, 0] = END  # also the begin-of-sentence symbol
    return (padded(sources, "left"), lengths, previous), target[real], rows


def padded(sentences: tuple[numpy.ndarray, ...], side: str) -> Tensor:
    """A tensor (B, T) of sentences with </s> appended, padded on `side`."""
    joined = torch.from_numpy(
        numpy.concatenate([part for ids in sentences for part in (ids, STOP)], dtype=numpy.int64)
    )
    apart = joined.split([len(ids) + 1 for ids in sentences])
    return pad_sequence(apart, batch_first=True, padding_value=PAD, padding_side=side)


class Search(search.BeamSearch):
    """fairseq's beam search with integer division for today's torch."""

    def step(self, step: int, log_p: Tensor, scores: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores, words and hypotheses of the best continuations, each (B, 2 beam). log_p: (B, beam, C)."""
        words = log_p.shape[-1]
        # at step 0 all hypotheses are equal
        total = log_p + scores[:, :, step - 1, None] if step else log_p[:, :1]
        total = total.flatten(1)
        best, at = total.topk(min(2 * scores.shape[1], total.shape[1] - 1))  # excludes the padding
        return best, at % words, at // words


@torch.no_grad()
def translated(
    network: Transformer,
    x: tuple[Tensor, Tensor, Tensor],
    beam: int,
    length_penalty: float,
    longest: tuple[float, int] = (1.2, 10),
) -> list[list[int]]:
    """Token ids of the best translation of each row of x, without </s>.

    As in fairseq, the search of a row stops once `beam` hypotheses have ended, so it may rarely miss
    a better one that has not.

    longest: (a, b), for at most a S + b words; fairseq's example for IWSLT'14 uses 1.2 and 10.
    """
    words = Vocabulary(network.model.decoder.embed_tokens.num_embeddings).target_dictionary
    a, b = longest
    generator = SequenceGenerator(words, beam, max_len_a=a, max_len_b=b, len_penalty=length_penalty)
    generator.search = Search(words)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about resized buffers
        found = generator.generate(
            [network.model], {"net_input": {"src_tokens": x[0], "src_lengths": x[1]}}
        )
    return [hypotheses[0]["tokens"].tolist()[:-1] for hypotheses in found]
