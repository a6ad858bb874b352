"""Message catalogues are cleaned to a corpus whose validation and test no training text repeats."""

from corpora import CLEAN, done, locale, said

from workloads import catalogues


def test_catalogues_are_cleaned_and_what_validates_is_unseen(tmp_path):
    corpus = done("catalogues", tmp_path, locale=locale(tmp_path / "locale"))
    assert list(corpus.meta["sources"]) == ["apt", "bash", "git", "sed"]
    train = dict(reversed([corpus.text(side) for side in corpus.pair("train", i)]) for i in range(37))
    assert len(train) == corpus.meta["splits"]["train"]["sentences"] == 37
    for english, german in CLEAN.items():
        tokenized = [
            " ".join(catalogues_tokens(text, language)) for text, language in ((english, "en"), (german, "de"))
        ]
        assert train[tokenized[0]] == tokenized[1]
    assert corpus.meta["mended"]["train"] == {
        "untranslated": 2, "of many lines": 1, "without words": 1, "of unequal directives": 1,
        "unreadable: bash.mo": 1, "pairs": 38, "entities": 0,
    }  # fmt: skip
    assert corpus.meta["dropped"] == {"too long or unequal": 1}
    assert set(corpus.references("valid")) == {said(40)[1], said(41)[1]}  # what git says too, in any case, is left out
    assert set(corpus.references("test")) == {said(50)[1], said(51)[1]}


def catalogues_tokens(text: str, language: str) -> list[str]:
    from sacremoses import MosesTokenizer

    return MosesTokenizer(lang=language).tokenize(text)


def test_the_split_goes_by_the_name_of_a_family_alone():
    assert [catalogues.split_of(name) for name in ("git", "apt", "sed")] == ["train", "valid", "test"]
    assert catalogues.split_of("iso_639-2") == catalogues.split_of("iso_639-3") == catalogues.split_of("iso_3166")
