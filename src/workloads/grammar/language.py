"""The sentences of the made-up language, from a seed: the same in every run. Needs no torch, since plans count them.

    source  [adverb] subject [object] verb           a noun phrase is: determiner adjective* noun
    target  subject verb [object] [adverb]           [article] noun adjective*; an article only in
            the singular

Number shows in determiner, noun and verb. In the target each noun has a gender, which shows in its
article and, with the number, in its adjectives. The verb agrees with the subject in number.
"""

from functools import lru_cache
from random import Random
from typing import ClassVar

import numpy

from workloads.text.symbols import SPECIAL
from workloads.text.token_batches import batches

OBJECT, ADVERB, ADJECTIVES = 0.7, 0.5, (0, 0, 1, 1, 2)  # how often; how many, each alike


class Made:
    """The corpus (workloads/text/corpus.py) that a Grammar's options describe.

    vocabulary  words of both languages; the i-th has id i + 4
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
        """Ids of the i-th sentence and of its translation, without </s>."""
        source, target = self.pairs[split][i]
        return numpy.array(source), numpy.array(target)

    def sizes(self, split: str) -> numpy.ndarray:
        """(N, 2): the tokens of both."""
        return numpy.array([[len(source), len(target)] for source, target in self.pairs[split]])

    def text(self, ids: list[int]) -> str:
        return " ".join((*SPECIAL, *self.vocabulary)[i] for i in ids)

    def references(self, split: str, tokenized: bool = False) -> list[str]:
        """The targets, which are tokenized as they are."""
        return [self.text(target) for _, target in self.pairs[split]]


@lru_cache(maxsize=64)
def how_many(device_batch: int, multiple: int, *options) -> int:
    """Device batches of an epoch of the sentences that these options make; asked at every update."""
    sizes = Made(*options).sizes("train")
    return len(batches(sizes, numpy.arange(len(sizes)), device_batch, multiple))


class Language:
    """Its words, and the genders of the nouns."""

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
        """The id of any word of the target."""
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
        """Ids of a sentence and of its translation."""
        number, source, target = self.phrase(chance)
        verb = below(self.verbs, chance)
        target = [*target, f"VERB{verb}{number}"]
        if chance.random() < OBJECT:
            _, told, meant = self.phrase(chance)
            source, target = source + told, target + meant
        source = [*source, f"verb{verb}{number}"]
        if chance.random() < ADVERB:
            adverb = below(self.adverbs, chance)
            source, target = [f"adv{adverb}", *source], [*target, f"ADV{adverb}"]
        return [self.ids[word] for word in source], [self.ids[word] for word in target]


def draw(
    language: Language, n: int, noise: float, key: str, but: set
) -> list[tuple[list[int], list[int]]]:
    """n pairs whose sources are not among `but`, the same sources whatever the noise. random() alone is drawn, which no
    version of Python changes."""
    chance, wrong, pairs = Random(f"grammar/{key}"), Random(f"grammar/{key}/noise"), []
    while len(pairs) < n:
        source, target = language.sentence(chance)
        if tuple(source) not in but:
            pairs.append(
                (
                    source,
                    [language.any(wrong) if wrong.random() < noise else word for word in target],
                )
            )
    return pairs


def below(n: int, chance: Random) -> int:
    return int(n * chance.random())
