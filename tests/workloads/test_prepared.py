"""Translation of a corpus that lies prepared on the disk: pieces become text again, and another corpus is refused."""

import pytest
import torch

import workloads
from codist.errors import Refused
from workloads.text import binary, corpus
from workloads.translation.options import Translation

PAIRS = {
    "de": [
        "Guten Tag , Welt !",
        "Es kostet 3,50 Euro .",
        "Wer ist da ?",
        "Der Hund ( alt ) bellt .",
        "Nein , danke .",
    ],
    "en": [
        "Hello , world !",
        "It costs 3.50 euros .",
        "Who is there ?",
        "The dog ( small ) barks .",
        "No , thanks .",
    ],
}
PRINTED = {
    "de": [
        "Guten Tag, Welt!",
        "Es kostet 3,50 Euro.",
        "Wer ist da?",
        "Der Hund (alt) bellt.",
        "Nein, danke.",
    ],
    "en": [
        "Hello, world!",
        "It costs 3.50 euros.",
        "Who is there?",
        "The dog (small) barks.",
        "No, thanks.",
    ],
}


def in_pieces(split, language):
    """Words of more than four letters are cut in two, as BPE may do."""
    for line in PAIRS[language]:
        yield [
            piece
            for word in line.split()
            for piece in ((word[:3] + "@@", word[3:]) if len(word) > 4 else (word,))
        ]


@pytest.fixture(params=[False, True], ids=["as written", "in lower case"])
def prepared(request, tmp_path):
    """<data>/iwslt14/prepared-..., and the options that describe it."""
    lower = request.param
    folder = tmp_path / "iwslt14" / "prepared-abc"
    folder.mkdir(parents=True)
    for split in ("valid", "test"):
        for language in PAIRS:
            for lines, suffix in ((PRINTED, "txt"), (PAIRS, "tok.txt")):
                text = "".join(line + "\n" for line in lines[language])
                text = text.lower() if lower and suffix == "tok.txt" else text
                (folder / f"{split}.{language}.{suffix}").write_text(text)

    def sentences(split, language):
        return (
            [piece.lower() for piece in line] if lower else line
            for line in in_pieces(split, language)
        )

    binary.write(
        folder, sentences, 0, {"hash": "abc", "corpus": "iwslt14", "recipe": {"lower": lower}}
    )
    options = Translation(
        classes=corpus.Corpus(folder).meta["vocabulary"],
        networks=["transformer_tiny"],
        dropout=0.0,
        tokens=50,
        beam=5,
        hash="abc",
        scored="valid",
    )
    options.check(1)
    return tmp_path, options, lower


@pytest.mark.parametrize(("source", "target"), [("de", "en"), ("en", "de")])
def test_what_was_learned_by_heart_reads_as_it_was_printed(prepared, source, target):
    """Pieces are joined, and punctuation put where one prints it; BLEU is then that of the raw references."""
    data, options, lower = prepared
    options.source, options.target = source, target
    options.ready(str(data))
    workload = workloads.open(options, str(data))
    torch.manual_seed(0)
    network = workload.network(0)
    batch = workload.collate(workload.train.__getitems__(list(range(5))))
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3, fused=True)
    for _ in range(150):
        workload.loss(network(batch.x), batch.y, 0.0).backward()
        optimizer.step()
        optimizer.zero_grad()
    told = workload.final(network)
    assert told["bleu"] == pytest.approx(100) and told["tokenized_bleu"] == pytest.approx(100)
    assert ("case:lc" in told["bleu_signature"]) == lower
    assert told["bleu_of"] == "valid" and told["corpus"] == "abc"


def test_another_corpus_than_the_options_describe_is_refused_with_what_it_is(prepared):
    data, options, _ = prepared
    classes = options.classes
    for name, value, got in (("classes", 100, classes), ("hash", "abd", "abc")):
        other = Translation(**(vars(options) | {name: value}))
        with pytest.raises(
            Refused,
            match=f"workload.{name}={value}, and .*prepared-abc has .*; set workload.{name}={got}",
        ):
            other.ready(str(data))
    with pytest.raises(Refused, match="wmt16 is not prepared in"):
        Translation(**(vars(options) | {"corpus": "wmt16"})).ready(str(data))
    with pytest.raises(
        Refused,
        match=r"workload.tokens=500 for an epoch, which has 1 device batches of 60 tokens; "
        r"set workload.tokens=60",
    ):
        workloads.open(Translation(**(vars(options) | {"tokens": 500})), str(data)).cut(
            torch.arange(5), 60
        )


def test_a_split_without_references_is_refused(prepared):
    with pytest.raises(Refused, match="scored=train has no references kept"):
        Translation(**(vars(prepared[1]) | {"scored": "train"})).check(1)
