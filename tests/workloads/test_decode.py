"""Translations: the beam finds what a search over all sequences finds, and BLEU is sacrebleu's."""

import subprocess
import sys
from itertools import product

import numpy
import pytest
import torch
import torch.nn.functional as F

import workloads
from workloads.grammar.options import Grammar
from workloads.text.bleu import bleu
from workloads.text.fairseq_parts import Transformer, collated, translated
from workloads.text.symbols import END, PAD

CLASSES, WORDS = 24, [i for i in range(24) if i not in (PAD, END)]
SOURCES = [[4], [5], [7, 8], [10, 11, 12], [16, 6, 8, 21, 5], [22], [13, 14], [20, 19], [9], [6, 7]]


@pytest.fixture(scope="module")
def network():
    """Half taught to say one word as it is and two backwards, so that it is sure of some things and not of others."""
    torch.manual_seed(5)
    network = Transformer("transformer_tiny", CLASSES, dropout=0.0)
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3, fused=True)
    for _ in range(40):
        sources = [
            WORDS[at : at + 1 + at % 2] for at in torch.randint(len(WORDS) - 1, (30,)).tolist()
        ]
        x, y, _ = batch_of(sources, [source[::-1] for source in sources])
        F.cross_entropy(network(x), y).backward()
        optimizer.step()
        optimizer.zero_grad()
    return network.eval()


def batch_of(sources, targets):
    return collated(
        [(numpy.array(s, int), numpy.array(t, int)) for s, t in zip(sources, targets, strict=True)]
    )


@torch.no_grad()
def log_p(network, source, targets) -> torch.Tensor:
    """The log-probability of each of `targets`, all of one length, and of the </s> at its end."""
    x, y, rows = batch_of([source] * len(targets), targets)
    of_words = network(x).log_softmax(-1).gather(-1, y[:, None]).view(len(targets), -1)
    return of_words.sum(1)[rows.argsort()]


def best_of_all(network, source, longest, penalty):
    scored = []
    for n in range(1, longest + 1):
        targets = [list(words) for words in product(WORDS, repeat=n)]
        scored += zip(
            (log_p(network, source, targets) / (n + 1) ** penalty).tolist(), targets, strict=True
        )
    return max(scored)[1]


@pytest.mark.parametrize("penalty", [0.0, 0.6, 1.0, 3.0])
def test_a_wide_beam_finds_the_best_of_all_sequences(network, penalty):
    """Some of which have one word, some two, and some another first word than the likeliest."""
    wanted = [best_of_all(network, source, 2, penalty) for source in SOURCES]
    x, _, rows = batch_of(SOURCES, SOURCES)
    found, greedy = (translated(network, x, beam, penalty, longest=(0, 2)) for beam in (22, 1))
    assert [found[row] for row in rows.argsort().tolist()] == wanted
    assert {len(words) for words in wanted} == {1, 2}
    assert any(
        greedy[row][0] != best[0] for row, best in zip(rows.argsort().tolist(), wanted, strict=True)
    )


def test_a_beam_of_one_takes_the_likeliest_word_each_time(network):
    for source in SOURCES:
        said = []
        while len(said) < 5:
            x, _, _ = batch_of([source], [said])
            with torch.no_grad():
                likely = network(x)[-1].log_softmax(-1)
            likely[PAD] = -torch.inf
            if not said:
                likely[END] = -torch.inf  # at least one word
            if (word := int(likely.argmax())) == END:
                break
            said.append(word)
        x, _, _ = batch_of([source], [[4]])
        assert translated(network, x, beam=1, length_penalty=1.0, longest=(0, 5)) == [said]


def test_a_translation_does_not_depend_on_its_neighbours(network):
    """Padding on the left of a source, and sentences that end before others, change nothing."""
    x, _, rows = batch_of(SOURCES, SOURCES)
    together = translated(network, x, beam=4, length_penalty=1.0, longest=(0, 6))
    for row, source in zip(rows.argsort().tolist(), SOURCES, strict=True):
        alone, _, _ = batch_of([source], [source])
        assert translated(network, alone, beam=4, length_penalty=1.0, longest=(0, 6)) == [
            together[row]
        ]


def test_what_was_learned_by_heart_is_translated_so():
    """Beam search and BLEU of the workload itself: in the order of the references, whatever order it decodes in."""
    options = Grammar(sentences=1, valid_sentences=30, noise=0.0, dropout=0.0, beam=5)
    workload = workloads.open(options, "")
    torch.manual_seed(0)
    network = workload.network(0)
    first = workload.final(network)
    before = first["bleu"]
    assert workload.final(network)["hypotheses"] == first["hypotheses"]
    network.train()
    batch = workload.collate(workload.valid.__getitems__(range(30)))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3, fused=True)
    for _ in range(120):
        workload.loss(network(batch.x), batch.y, 0.0).backward()
        optimizer.step()
        optimizer.zero_grad()
    ended = workload.final(network)
    assert len(ended["hypotheses"]) == 64 and ended["hypotheses"] != first["hypotheses"]
    assert before < 5 < 95 < ended["bleu"] == ended["tokenized_bleu"]
    assert ended["bleu_of"] == "valid" and "tok:13a" in ended["bleu_signature"]
    assert workloads.open(Grammar(beam=0, sentences=1), "").final(network) == {}


SAID = [
    "The cat sat on the mat.",
    "There's no-one here, is there?",
    "It costs 3.50 Euro (about)",
    "a b c d",
]
MEANT = [
    "The cat is on the mat.",
    "There is no one here, is there?",
    "It costs about 3.50 euros.",
    "a b c e d",
]


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("tokenize", ["13a", "none"])
def test_bleu_is_that_of_sacrebleus_command(tmp_path, tokenize, lower):
    (tmp_path / "said").write_text("".join(line + "\n" for line in SAID))
    (tmp_path / "meant").write_text("".join(line + "\n" for line in MEANT))
    command = [
        sys.executable,
        "-m",
        "sacrebleu",
        "meant",
        "-i",
        "said",
        "-m",
        "bleu",
        "-w",
        "10",
        "--format",
        "text",
    ]
    command += ["--tokenize", tokenize, *(["--lowercase"] if lower else [])]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    ours = bleu(SAID, MEANT, lower, tokenize)
    assert told.startswith(f"BLEU|{ours.signature} = {ours.bleu:.10f} ")
    assert 20 < ours.bleu < 80
