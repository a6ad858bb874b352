"""The made-up language: who agrees with whom, and that its sentences are the same in every run."""

import os
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch

import workloads
from codist.errors import Refused
from workloads.grammar.language import Made
from workloads.grammar.options import Grammar

ROOT = Path(__file__).parents[2]
CLEAN = Grammar(noise=0.0)


@pytest.fixture(scope="module")
def pairs():
    """Words of the sentences without noise."""
    made = Made(*CLEAN.made_of)
    return [
        [made.text(ids).split() for ids in made.pair("train", i)] for i in range(CLEAN.sentences)
    ]


def test_a_translation_is_certain_without_noise(pairs):
    meant = {}
    for source, target in pairs:
        assert meant.setdefault(tuple(source), target) == target


def test_the_verb_is_last_in_the_source_and_after_the_subject_in_the_target(pairs):
    moved = 0
    for source, target in pairs:
        verb = next(at for at, word in enumerate(target) if word.startswith("VERB"))
        assert source[-1] == target[verb].lower()
        assert sum(word.startswith("NOUN") for word in target[:verb]) == 1
        moved += verb < len(target) - 1
    assert moved > 0.7 * len(pairs)


def test_all_agree(pairs):
    """Adjectives and article with their noun in gender and number, the verb with the subject in number."""
    gender = {}
    for _, target in pairs:
        number = None
        for at, word in enumerate(target):
            if word.startswith("NOUN"):
                noun, number = word[:-1], word[-1]
                assert (at > 0 and target[at - 1].startswith("ART")) == (number == "s")
                if number == "s":
                    assert gender.setdefault(noun, target[at - 1][-1]) == target[at - 1][-1]
            elif word.startswith("ADJ"):
                assert word[-1] == number and gender.setdefault(noun, word[-2]) == word[-2]
            elif word.startswith("VERB"):
                assert word[-1] == number
    assert len(gender) == CLEAN.nouns and set(gender.values()) == {"m", "f"}


def test_noise_replaces_its_share_of_the_targets_words(pairs):
    noisy = Made(*Grammar(noise=0.2).made_of)
    words = changed = 0
    for i, (clean, meant) in enumerate(pairs):
        source, target = (noisy.text(ids).split() for ids in noisy.pair("train", i))
        assert source == clean
        words += len(target)
        changed += sum(a != b for a, b in zip(target, meant, strict=True))
    assert 0.18 < changed / words < 0.21


def test_what_is_validated_on_is_never_trained_on():
    made = Made(*Grammar().made_of)
    sources = {split: {tuple(source) for source, _ in made.pairs[split]} for split in made.pairs}
    assert not sources["train"] & sources["valid"]
    assert (len(made.pairs["train"]), len(made.pairs["valid"])) == (8000, 400)


def test_fewer_sentences_are_the_first_of_more_and_another_seed_gives_others():
    some, more, others = (
        Made(*Grammar(**o).made_of).pairs for o in ({"sentences": 50}, {}, {"seed": 1})
    )
    assert some["train"] == more["train"][:50] and some["valid"] == more["valid"]
    assert others["train"][:50] != some["train"]


def test_classes_are_the_words_and_four_more():
    for nouns in (4, 5, 16, 22):
        options = Grammar(nouns=nouns, sentences=2000)
        made = Made(*options.made_of)
        assert len(set(made.vocabulary)) == len(made.vocabulary) == options.classes - 4
        seen = {int(i) for n in range(2000) for ids in made.pair("train", n) for i in ids}
        assert seen == set(range(4, options.classes))
    assert 100 <= Grammar().classes <= 200


def test_a_plan_knows_the_tokens_of_an_epoch_without_torch():
    asked = (
        "import sys; from workloads.grammar.options import Grammar;"
        "print(Grammar().of_epoch(512), 'torch' in sys.modules)"
    )
    said = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    tokens = int((Made(*Grammar().made_of).sizes("train").max(1) + 1).sum())
    assert said[1] == "False"
    assert tokens < int(said[0]) < 1.02 * tokens


def test_frequencies_are_those_of_the_targets():
    workload = workloads.open(Grammar(sentences=300), "")
    counts = numpy.bincount(
        numpy.concatenate([[*workload.corpus.pair("train", i)[1], 2] for i in range(300)])
    )
    assert torch.allclose(
        workload.frequencies()[: len(counts)], torch.tensor(counts / counts.sum()).float()
    )
    assert workload.frequencies().sum().item() == pytest.approx(1)


def test_a_small_sample_is_learned_by_heart():
    """Noise included: the loss on what was trained on falls below what the grammar alone allows."""
    workload = workloads.open(Grammar(sentences=40, noise=0.3, dropout=0.0), "")
    torch.manual_seed(0)
    network = workload.network(0)
    batch = workload.collate(workload.train.__getitems__(list(range(40))))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3, fused=True)
    for _ in range(120):
        loss = workload.loss(network(batch.x), batch.y, 0.0)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss < 0.05


def test_what_cannot_be_is_refused():
    for options, said in (
        ({"noise": 1.0}, "noise must be at least 0 and below 1"),
        ({"nouns": 3}, "nouns 4 or more"),
        ({"networks": ["transformer_tyni"]}, "did you mean transformer_tiny"),
        ({"dropout": 1.0}, "dropout must be at least 0"),
        ({"beam": -1}, "beam, length_penalty and averaged 0 or more"),
        ({"averaged": -1}, "beam, length_penalty and averaged 0 or more"),
    ):
        with pytest.raises(Refused, match=said):
            Grammar(**options).check(1)
