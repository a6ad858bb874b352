"""WMT 2016 is prepared from its archives, by one process or by several alike."""

from corpora import contents, done, said, wmt16

from workloads.text.corpus import Corpus


def test_wmt_keeps_80_tokens_and_9_to_1_in_the_order_of_its_parts(tmp_path):
    corpus = done("wmt16", tmp_path, wmt16(tmp_path / "there"))
    assert {split: told["sentences"] for split, told in corpus.meta["splits"].items()} == {
        "train": 118,
        "valid": 40,
        "test": 40,
    }
    assert corpus.meta["dropped"] == {"too long or unequal": 2}
    firsts = [corpus.text(corpus.pair("train", i)[0]).split()[:7] for i in (0, 39, 79)]
    assert [" ".join(words[3:]) for words in firsts] == ["0 sieht den Baum", "1 0 0 0", "2 0 0 1"]
    assert corpus.text(corpus.pair("valid", 0)[0]).startswith("Der ")
    assert corpus.references("test")[0] == said(4000)[1]
    assert Corpus(corpus.folder, "en", "de").references("test")[39] == said(4039)[0]


def test_more_processes_write_the_same_bytes(tmp_path, monkeypatch):
    monkeypatch.setattr("workloads.text.pieces.CHUNK", 7)
    one, two = (
        done("wmt16", tmp_path / str(p), wmt16(tmp_path / "there"), processes=p) for p in (1, 2)
    )
    assert contents(one.folder) == contents(two.folder)
