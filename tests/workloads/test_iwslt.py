"""IWSLT 2014 is prepared from its tagged talks: cleaned, tokenized, cut and numbered as fairseq's recipe does."""

import os
import pickle
import signal
import subprocess
import sys
import time

import numpy
import pytest
from corpora import SOURCE, TRAIN, contents, done, iwslt14

from codist.errors import Refused
from workloads.prepare import prepare
from workloads.text.corpus import Corpus, prepared
from workloads.text.flat_files import content


@pytest.fixture(scope="module")
def talked(tmp_path_factory) -> Corpus:
    data = tmp_path_factory.mktemp("talked")
    return done("iwslt14", data, iwslt14(data / "there"))


def test_iwslt_is_cleaned_and_every_23rd_pair_validates(talked):
    """102 lines with title and description, of them one empty, one too long, one unequal: 99, of them 4 valid."""
    assert {split: told["sentences"] for split, told in talked.meta["splits"].items()} == {
        "train": 95,
        "valid": 4,
        "test": 10,
    }
    assert talked.meta["dropped"] == {"too long or unequal": 2}
    assert talked.meta["mended"] == {
        "train": {"pairs": 102, "entities": 6, "empty": 1},
        "test": {"pairs": 10, "entities": 0},
    }
    kept = [
        pair
        for i, pair in enumerate([("Thomas Müller: de", ""), ("de in ten minutes", ""), *TRAIN])
        if i not in (5, 7, 11)
    ]
    assert (talked.folder / "valid.de.txt").read_text().splitlines() == [
        kept[i][0] for i in (22, 45, 68, 91)
    ]


def test_what_is_read_is_what_was_said_in_moses_tokens_and_lower_case(talked):
    assert talked.text(talked.pair("train", 0)[0]) == "thomas müller : de"
    assert talked.text(talked.pair("train", 2)[0]) == "der baum nr. 0 sieht den baum , z.b. heute ."
    assert talked.text(talked.pair("train", 7)[1]) == "fish &amp; birds are &quot; here &quot; ."
    assert (
        talked.text(talked.pair("test", 1)[1])
        == "the fish no . 2 0 1 seeks the tree , e.g. today . it &apos;s ."
    )


def test_the_references_stand_beside_the_ids(talked):
    for split in ("valid", "test"):
        raw, tokenized = talked.references(split), talked.references(split, tokenized=True)
        assert tokenized == [talked.text(talked.pair(split, i)[1]) for i in range(len(raw))]
        assert raw[0].startswith("The ") and tokenized[0].startswith("the ")


def test_ids_are_those_that_fairseq_gives(talked, monkeypatch):
    monkeypatch.setattr(numpy, "float", float, raising=False)  # fairseq 0.9 wants the name
    from fairseq.data import Dictionary

    theirs = Dictionary()
    for language in (0, 1):
        for i in range(95):
            for token in talked.pair("train", i)[language]:
                theirs.add_symbol(talked.vocabulary[token - 4])
    theirs.finalize(padding_factor=1)
    assert theirs.symbols == ["<s>", "<pad>", "</s>", "<unk>", *talked.vocabulary]


def test_the_other_direction_is_the_same_pair_turned(talked):
    turned = Corpus(talked.folder, "en", "de")
    assert [a.tolist() for a in turned.pair("train", 5)] == [
        a.tolist() for a in reversed(talked.pair("train", 5))
    ]
    assert (turned.sizes("test") == talked.sizes("test")[:, ::-1]).all()
    assert turned.references("valid") != talked.references("valid")
    sizes = [[len(side) for side in talked.pair("valid", i)] for i in range(4)]
    assert talked.sizes("valid").tolist() == sizes


def test_a_loading_process_is_sent_the_path_and_not_the_ids(talked):
    assert len(pickle.dumps(talked)) < 1000
    assert (
        pickle.loads(pickle.dumps(talked)).pair("train", 1)[0] == talked.pair("train", 1)[0]
    ).all()


def test_the_content_is_that_of_ids_and_vocabulary(talked, tmp_path):
    for path, inside in contents(talked.folder).items():
        (tmp_path / path).write_bytes(inside)
    (tmp_path / "valid.en.txt").write_text("another\n")
    assert content(tmp_path) == talked.meta["content"]
    (tmp_path / "valid.en.idx").write_bytes((talked.folder / "test.en.idx").read_bytes())
    assert content(tmp_path) != talked.meta["content"]


def test_a_second_call_does_nothing_and_says_so(talked):
    data, before = talked.folder.parents[1], contents(talked.folder)
    assert prepare("iwslt14", data, 1, iwslt14(data / "there")) == (talked.folder, False)
    assert contents(talked.folder) == before


def test_another_source_is_another_folder(talked, tmp_path):
    other = done("iwslt14", tmp_path, iwslt14(tmp_path / "there", {"de-en/README": b"another"}))
    assert other.folder.name != talked.folder.name
    assert {n: c for n, c in contents(other.folder).items() if n != "meta.json"} == {
        n: c for n, c in contents(talked.folder).items() if n != "meta.json"
    }
    (other.folder.parent / talked.folder.name).symlink_to(talked.folder)
    with pytest.raises(Refused, match="prepared in 2 ways"):
        prepared(tmp_path, "iwslt14")


def test_killed_halfway_it_leaves_nothing_to_read_and_goes_on_where_it_was(talked, tmp_path):
    """Killed once train's German is tokenized; that file is kept."""
    data, table = tmp_path / "data", iwslt14(tmp_path / "there")
    program = (
        "import pathlib, sys; from workloads.prepare import prepare; from workloads.sources import Archive, File;"
        "data, size, sha256, url = sys.argv[1:]; archive = Archive(url, File(int(size), sha256));"
        "prepare('iwslt14', pathlib.Path(data), 1, {'iwslt14': (archive,)})"
    )
    archive = table["iwslt14"][0]
    asked = [str(data), str(archive.file.bytes), archive.file.sha256, archive.url]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *asked], env=os.environ | {"PYTHONPATH": SOURCE}
    )
    until = time.monotonic() + 30
    while not (first := list(data.glob("iwslt14/.prepared-*/raw/train.de.tok"))):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with pytest.raises(Refused, match="is not prepared"):
        prepared(data, "iwslt14")
    # shows if it is written again
    first[0].write_text(first[0].read_text().replace("sieht", "SAH"))
    corpus = done("iwslt14", data, table)
    assert not list(data.glob("iwslt14/.prepared-*"))
    assert corpus.folder.name == talked.folder.name
    assert corpus.text(corpus.pair("train", 2)[0]) == "der baum nr. 0 sah den baum , z.b. heute ."
    for name in ("train.en.idx", "test.de.tok.txt", "valid.en.txt"):
        assert contents(corpus.folder)[name] == contents(talked.folder)[name]


@pytest.mark.parametrize("name", ["train.de.bin", "test.en.idx", "vocabulary.txt"])
def test_a_damaged_folder_is_not_read(talked, tmp_path, name):
    for path, inside in contents(talked.folder).items():
        (tmp_path / path).write_bytes(inside)
    assert Corpus(tmp_path).meta == talked.meta
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-2])
    with pytest.raises(Refused, match="prepare"):
        Corpus(tmp_path)
