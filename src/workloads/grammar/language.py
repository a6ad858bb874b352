"""The sentences of the synthetic language, generated from a seed. Needs no torch, since plans count them.

    source  [adverb] subject [object] verb           a noun phrase is: determiner adjective* noun
    target  subject verb [object] [adverb]           [article] noun adjective*; an article only in
            the singular

Determiner, noun and verb are marked for number; the verb agrees with its subject. In the target each
noun has a gender, which its article and adjectives mark, adjectives together with the number.
"""

from functools import lru_cache
from random import Random
from typing import ClassVar

import numpy

from workloads.text.symbols import END, SPECIAL
from workloads.text.token_batches import batches

# Probability of an object and of an adverb; equally likely numbers of adjectives.
OBJECT, ADVERB, ADJECTIVES = 0.7, 0.5, (0, 0, 1, 1, 2)


class Made:
    """The corpus (workloads/text/corpus.py) that a Grammar's options describe.

    vocabulary  the words of both languages; word i has id i + 4
    """

    meta: ClassVar = {"hash": "grammar", "recipe": {"lower": False}}

    def __init__(self, sentences: int, valid_sentences: int, nouns: int, noise: float, seed: int):
        language = Language(nouns, seed)
        self.vocabulary = language.words
        valid = draw(language, valid_sentences, noise, f"{seed}/valid", set())
        train = draw(
            language, sentences, noise, f"{seed}/train", {tuple(source) for source, _ in valid}
        )
        self.pairs = {"train": train, "valid": valid}

    def pair(self, split: str, i: int) -> tuple[numpy.ndarray, numpy.ndarray]:
        """Token ids of sentence i and of its translation, without </s>."""
        source, target = self.pairs[split][i]
        return numpy.array(source), numpy.array(target)

    def sizes(self, split: str) -> numpy.ndarray:
        """Tokens of source and target of each pair: (N, 2)."""
        return numpy.array([[len(source), len(target)] for source, target in self.pairs[split]])

    def text(self, ids: list[int]) -> str:
        return " ".join((*SPECIAL, *self.vocabulary)[i] for i in ids)

    def references(self, split: str, tokenized: bool = False) -> list[str]:
        """The target sentences, which need no tokenization."""
        return [self.text(target) for _, target in self.pairs[split]]


@lru_cache(maxsize=64)
def how_many(device_batch: int, multiple: int, *options) -> int:
    """Device batches per epoch for these options; cached, since it is called at every update."""
    sizes = Made(*options).sizes("train")
    return len(batches(sizes, numpy.arange(len(sizes)), device_batch, multiple))


@lru_cache(maxsize=64)
def valid_words(classes: int, *options) -> tuple[int, ...]:
    """How often each of `classes` words, </s> included, is a validation target for these options."""
    made = Made(*options)
    counts = numpy.zeros(classes, int)
    for _, target in made.pairs["valid"]:
        counts += numpy.bincount([*target, END], minlength=classes)
    return tuple(counts.tolist())


class Language:
    """The words of the language and the genders of its nouns."""

    def __init__(self, nouns: int, seed: int):
        self.nouns, self.adjectives, self.verbs, self.adverbs = (
            nouns,
            nouns // 2,
            nouns // 2,
            nouns // 4,
        )
        numbers, genders = "sp", "mf"
        self.words = [f"det{number}" for number in numbers] + [f"ART{gender}" for gender in genders]
        for n in range(self.nouns):
            self.words += [f"{form}{n}{number}" for form in ("noun", "NOUN") for number in numbers]
        for a in range(self.adjectives):
            self.words += [
                f"adj{a}",
                *(f"ADJ{a}{gender}{number}" for gender in genders for number in numbers),
            ]
        for v in range(self.verbs):
            self.words += [f"{form}{v}{number}" for form in ("verb", "VERB") for number in numbers]
        for d in range(self.adverbs):
            self.words += [f"adv{d}", f"ADV{d}"]
        self.ids = {word: i for i, word in enumerate(self.words, len(SPECIAL))}
        self.target = [i for word, i in self.ids.items() if word[0].isupper()]
        chance = Random(f"grammar/{seed}/genders")
        self.gender = [genders[int(2 * chance.random())] for _ in range(self.nouns)]

    def any(self, chance: Random) -> int:
        """The id of a random target word."""
        return self.target[below(len(self.target), chance)]

    def phrase(self, chance: Random) -> tuple[str, list[str], list[str]]:
        """Number, source and target of a noun phrase."""
        noun, number = below(self.nouns, chance), "sp"[below(2, chance)]
        adjectives = [
            below(self.adjectives, chance)
            for _ in range(ADJECTIVES[below(len(ADJECTIVES), chance)])
        ]
        gender = self.gender[noun]
        source = [f"det{number}", *(f"adj{a}" for a in adjectives), f"noun{noun}{number}"]
        target = [f"NOUN{noun}{number}", *(f"ADJ{a}{gender}{number}" for a in adjectives)]
        return number, source, ([f"ART{gender}"] if number == "s" else []) + target

    def sentence(self, chance: Random) -> tuple[list[int], list[int]]:
        """Token ids of a random sentence and of its translation."""
        number, source, target = self.phrase(chance)
        verb = below(self.verbs, chance)
        target = [*target, f"VERB{verb}{number}"]
        if chance.random() < OBJECT:
            _, more_source, more_target = self.phrase(chance)
            source, target = source + more_source, target + more_target
        source = [*source, f"verb{verb}{number}"]
        if chance.random() < ADVERB:
            adverb = below(self.adverbs, chance)
            source, target = [f"adv{adverb}", *source], [*target, f"ADV{adverb}"]
        return [self.ids[word] for word in source], [self.ids[word] for word in target]


def draw(
    language: Language, n: int, noise: float, key: str, excluded: set
) -> list[tuple[list[int], list[int]]]:
    """n pairs whose sources are not in `excluded`; `noise` does not change the sources.

    Only random() is drawn, whose values are the same in every version of Python.
    """
    chance, wrong, pairs = Random(f"grammar/{key}"), Random(f"grammar/{key}/noise"), []
    while len(pairs) < n:
        source, target = language.sentence(chance)
        if tuple(source) not in excluded:
            pairs.append(
                (
                    source,
                    [language.any(wrong) if wrong.random() < noise else word for word in target],
                )
            )
    return pairs


def below(n: int, chance: Random) -> int:
    return int(n * chance.random())
