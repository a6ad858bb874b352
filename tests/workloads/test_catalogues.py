"""Message catalogues are cleaned to a corpus whose validation and test no training text repeats."""

import os
from pathlib import Path

import pytest
from corpora import CLEAN, done, locale, said
from permissions import forbidden, reached

from codist.errors import Refused
from workloads.translation import catalogues


def test_catalogues_are_cleaned_and_what_validates_is_unseen(tmp_path):
    corpus = done("catalogues", tmp_path, locale=locale(tmp_path / "locale"))
    assert list(corpus.meta["sources"]) == ["apt", "bash", "git", "sed"]
    train = dict(
        reversed([corpus.text(side) for side in corpus.pair("train", i)]) for i in range(37)
    )
    assert len(train) == corpus.meta["splits"]["train"]["sentences"] == 37
    for english, german in CLEAN.items():
        tokenized = [
            " ".join(catalogues_tokens(text, language))
            for text, language in ((english, "en"), (german, "de"))
        ]
        assert train[tokenized[0]] == tokenized[1]
    assert corpus.meta["mended"]["train"] == {
        "untranslated": 2,
        "of many lines": 1,
        "without words": 1,
        "of unequal directives": 1,
        "unreadable: bash.mo": 1,
        "pairs": 38,
        "entities": 0,
    }
    assert corpus.meta["dropped"] == {"too long or unequal": 1}
    # what git says too, in any case, is left out
    assert set(corpus.references("valid")) == {said(40)[1], said(41)[1]}
    assert set(corpus.references("test")) == {said(50)[1], said(51)[1]}


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to("nowhere"), "a dangling link"),
        (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
        (lambda path: path.mkdir(), "a folder"),
        (os.mkfifo, "a FIFO"),
    ],
)
def test_what_is_no_catalogue_is_counted_as_unreadable(tmp_path, make, why):
    folder = locale(tmp_path / "locale") / "de" / "LC_MESSAGES"
    make(folder / "bash5.mo")
    corpus = done("catalogues", tmp_path, locale=tmp_path / "locale")
    assert corpus.meta["sources"]["bash5"] == why
    assert corpus.meta["mended"]["train"]["unreadable: bash5.mo"] == 1
    assert corpus.meta["splits"]["train"]["sentences"] == 37


def test_a_catalogue_that_may_not_be_read_is_unreadable(tmp_path, monkeypatch):
    reached(tmp_path, monkeypatch)
    locale(Path("locale"))
    found = catalogues.folder(Path("locale"))
    whole = catalogues.sources(found)
    with forbidden(found / "git.mo"):
        assert catalogues.sources(found) == whole | {"git": "Permission denied"}
        with pytest.raises(
            Refused, match=r"git.mo is no catalogue that gettext can read: .*Permission denied"
        ):
            catalogues.messages(found / "git.mo")


def catalogues_tokens(text: str, language: str) -> list[str]:
    from sacremoses import MosesTokenizer

    return MosesTokenizer(lang=language).tokenize(text)


def test_the_split_goes_by_the_name_of_a_family_alone():
    assert [catalogues.split_of(name) for name in ("git", "apt", "sed")] == [
        "train",
        "valid",
        "test",
    ]
    assert (
        catalogues.split_of("iso_639-2")
        == catalogues.split_of("iso_639-3")
        == catalogues.split_of("iso_3166")
    )
