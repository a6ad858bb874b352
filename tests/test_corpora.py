"""Corpora are prepared from their sources' own formats: IWSLT's tagged talks, WMT's archives, .mo catalogues."""

import gzip
import hashlib
import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import tarfile
import time
from pathlib import Path

import numpy
import pytest

from codist.errors import Refused
from workloads import catalogues, iwslt, wmt
from workloads.binary import content
from workloads.corpus import Corpus, prepared
from workloads.prepare import prepare
from workloads.sources import CORPORA, Archive, File
from workloads.texts import take

SOURCE = str(Path(__file__).parents[1] / "src")
NOUNS = [
    ("Baum", "tree"),
    ("Hund", "dog"),
    ("Stein", "stone"),
    ("Fisch", "fish"),
    ("Turm", "tower"),
    ("Fluss", "river"),
]
DOES = [("sieht", "sees"), ("findet", "finds"), ("kennt", "knows"), ("sucht", "seeks"), ("liebt", "loves")]


def said(i: int) -> tuple[str, str]:
    """The i-th made-up sentence, German and English."""
    (a, x), (do, does), (b, y) = NOUNS[i % 6], DOES[i // 6 % 5], NOUNS[i // 30 % 6]
    number = " ".join(str(i))  # no digit but has been seen in training
    return f"Der {a} Nr. {number} {do} den {b}, z.B. heute.", f"The {x} no. {number} {does} the {y}, e.g. today."


def columns(pairs) -> dict[str, list[str]]:
    return dict(zip(("de", "en"), map(list, zip(*pairs, strict=True)), strict=True))


def packed(folder: Path, url: str, members: dict[str, bytes]) -> Archive:
    """A .tar.gz with `members`, whose last bytes are the same each time, at file://<folder>/<url>."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w") as tar:
        for name, inside in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(inside)
            tar.addfile(member, io.BytesIO(inside))
    whole = gzip.compress(into.getvalue(), mtime=0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / url).write_bytes(whole)
    return Archive((folder / url).as_uri(), File(len(whole), hashlib.sha256(whole).hexdigest()))


def text(lines: list[str]) -> bytes:
    return "".join(line + "\n" for line in lines).encode()


def talks(lines: list[str], language: str) -> bytes:
    """train.tags.de-en: each talk begins with its address, keywords, number, title and description."""
    head = (
        f"<url>http://www.ted.com/talks/lang/{language}/a.html</url>",
        "<keywords>talks, fish</keywords>",
        "<talkid>1</talkid>",
    )
    title = [f"<title>Thomas Müller: {language}</title>", f"<description>{language} in ten minutes</description>"]
    return text([*head, *title, *lines])


def segments(lines: list[str], language: str) -> bytes:
    rows = [f'<seg id="{i}"> {line} </seg>' for i, line in enumerate(lines, 1)]
    return text(
        [
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<mteval><refset trglang="{language}"><doc docid="1">',
            *rows,
            "</doc>",
        ]
    )


TRAIN = [said(i) for i in range(100)]
TRAIN[3] = ("Kurz.", "Much longer than the other side of it, by far.")
TRAIN[5] = ("", "An empty side.")
TRAIN[7] = ("Fische &amp; Vögel\u2028sind &quot;hier&quot;.", "Fish &amp; birds\u2028are &quot;here&quot;.")
TRAIN[9] = ("Wort " * 176, "word " * 176)
TRAIN[11] = ("Es ist so, ist es so?", "It's so, isn't it's so?")


def iwslt14(folder: Path, changes=()) -> dict:
    """A table of sources with a small de-en.tgz; `changes` replace members, or leave out those that are None."""
    train, members = columns(TRAIN), {}
    for language in ("de", "en"):
        members[f"de-en/train.tags.de-en.{language}"] = talks(train[language], language)
        for i, name in enumerate(iwslt.TEST):
            tests = columns([said(200 + 10 * i + j) for j in range(2)])
            tests[language][1] += " It’s."
            members[f"de-en/{name.format(language)}"] = segments(tests[language], language)
    members = {"de-en/README": b"read me", **members, **dict(changes)}
    return {"iwslt14": (packed(folder, "de-en.tgz", {n: m for n, m in members.items() if m is not None}),)}


def wmt16(folder: Path) -> dict:
    parts = [columns([said(i) for i in range(1000 * k, 1000 * k + 40)]) for k in range(5)]
    parts[0]["de"][4], parts[0]["en"][4] = "a " * 81, "b " * 81  # too long
    parts[1]["de"][4], parts[1]["en"][4] = "a " * 10, "b"  # more than 9 to 1
    parts[2]["de"][4], parts[2]["en"][4] = "a " * 9, "b"  # just not
    archives = []
    for archive, name, part in zip(CORPORA["wmt16"], (*wmt.TRAIN, wmt.VALID), parts, strict=False):
        members = {name.format(language): text(part[language]) for language in ("de", "en")}
        if name == wmt.VALID:
            members |= {path: segments(parts[4][path[-6:-4]], path[-6:-4]) for path in wmt.TEST}
        archives.append(packed(folder, archive.name, members))
    return {"wmt16": tuple(archives)}


def catalogue(path: Path, messages: dict[str, str]) -> None:
    """A .mo file as msgfmt writes it: header, tables of lengths and offsets, NUL-ended strings sorted by key."""
    head = "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=2; plural=(n != 1);\n"
    rows = sorted((key.encode(), value.encode()) for key, value in {"": head, **messages}.items())
    begin, tables, strings = 28 + 16 * len(rows), [[], []], b""
    for table, side in zip(tables, zip(*rows, strict=True), strict=True):
        for string in side:
            table.append(struct.pack("<II", len(string), begin + len(strings)))
            strings += string + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(rows), 28, 28 + 8 * len(rows), 0, begin)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(header + b"".join(tables[0] + tables[1]) + strings)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def done(name: str, data: Path, table=None, **options) -> Corpus:
    folder, made = prepare(name, data, **{"processes": 1, **options}, **({"table": table} if table else {}))
    assert made and prepared(data, name) == folder
    return Corpus(folder)


# ---- IWSLT 2014


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
    assert (talked.folder / "valid.de.txt").read_text().splitlines() == [kept[i][0] for i in (22, 45, 68, 91)]


def test_what_is_read_is_what_was_said_in_moses_tokens_and_lower_case(talked):
    assert talked.text(talked.pair("train", 0)[0]) == "thomas müller : de"
    assert talked.text(talked.pair("train", 2)[0]) == "der baum nr. 0 sieht den baum , z.b. heute ."
    assert talked.text(talked.pair("train", 7)[1]) == "fish &amp; birds are &quot; here &quot; ."
    assert talked.text(talked.pair("test", 1)[1]) == "the fish no . 2 0 1 seeks the tree , e.g. today . it &apos;s ."


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
    assert [a.tolist() for a in turned.pair("train", 5)] == [a.tolist() for a in reversed(talked.pair("train", 5))]
    assert (turned.sizes("test") == talked.sizes("test")[:, ::-1]).all()
    assert turned.references("valid") != talked.references("valid")
    sizes = [[len(side) for side in talked.pair("valid", i)] for i in range(4)]
    assert talked.sizes("valid").tolist() == sizes


def test_a_loading_process_is_sent_the_path_and_not_the_ids(talked):
    assert len(pickle.dumps(talked)) < 1000
    assert (pickle.loads(pickle.dumps(talked)).pair("train", 1)[0] == talked.pair("train", 1)[0]).all()


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
    """Killed once train's German is tokenized; that file is not made again."""
    data, table = tmp_path / "data", iwslt14(tmp_path / "there")
    program = (
        "import pathlib, sys; from workloads.prepare import prepare; from workloads.sources import Archive, File;"
        "data, size, sha256, url = sys.argv[1:]; archive = Archive(url, File(int(size), sha256));"
        "prepare('iwslt14', pathlib.Path(data), 1, {'iwslt14': (archive,)})"
    )
    archive = table["iwslt14"][0]
    asked = [str(data), str(archive.file.bytes), archive.file.sha256, archive.url]
    process = subprocess.Popen([sys.executable, "-c", program, *asked], env=os.environ | {"PYTHONPATH": SOURCE})
    until = time.monotonic() + 30
    while not (first := list(data.glob("iwslt14/.prepared-*/raw/train.de.tok"))):
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with pytest.raises(Refused, match="is not prepared"):
        prepared(data, "iwslt14")
    first[0].write_text(first[0].read_text().replace("sieht", "SAH"))  # to tell whether it is made again
    corpus = done("iwslt14", data, table)
    assert not list(data.glob("iwslt14/.prepared-*"))
    assert corpus.folder.name == talked.folder.name
    assert corpus.text(corpus.pair("train", 2)[0]) == "der baum nr. 0 sah den baum , z.b. heute ."
    for name in ("train.en.idx", "test.de.tok.txt", "valid.en.txt"):
        assert contents(corpus.folder)[name] == contents(talked.folder)[name]


# ---- broken sources


def changed(lines, at: int, to) -> bytes:
    lines = talks(lines, "de").split(b"\n")
    lines[at - 1 : at] = to
    return b"\n".join(lines)


@pytest.mark.parametrize(("changes", "told"), [
    ({"de-en/train.tags.de-en.de": changed(columns(TRAIN)["de"], 105, [])},
     r"train.tags.de-en.de ends after line 104, but \S*train.tags.de-en.en goes on with line 105; wanted pairs"),
    ({"de-en/train.tags.de-en.de": changed(columns(TRAIN)["de"], 105, [b"a", b"b"])},
     r"train.tags.de-en.en ends after line 105, but \S*train.tags.de-en.de goes on with line 106"),
    ({"de-en/train.tags.de-en.de": changed(columns(TRAIN)["de"], 12, ["Bäume".encode("latin-1")])},
     r"train.tags.de-en.de line 12 is not UTF-8: invalid continuation byte at byte 1"),
    ({f"de-en/{iwslt.TEST[2].format('en')}": b'<x>\n<seg id="1"> a\n'},
     r"tst2010.de-en.en.xml line 2: wanted a whole <seg id=...> ... </seg>, came"),
    ({"de-en/train.tags.de-en.en": None}, r"de-en.tgz has no de-en/train.tags.de-en.en"),
    ({f"de-en/{name.format(language)}": b"" for name in iwslt.TEST for language in ("de", "en")},
     r"no pair is left for test"),
])  # fmt: skip
def test_a_broken_text_is_refused_by_file_and_line_and_nothing_is_prepared(tmp_path, changes, told):
    with pytest.raises(Refused, match=told) as refused:
        prepare("iwslt14", tmp_path, 1, iwslt14(tmp_path / "there", changes))
    assert "\n" not in str(refused.value)
    assert not list(tmp_path.glob("iwslt14/prepared-*"))


@pytest.mark.parametrize("harm", ["truncated", "another byte", "truncated before it was published"])
def test_an_archive_that_is_not_whole_is_refused(tmp_path, harm):
    archive = iwslt14(tmp_path / "there")["iwslt14"][0]
    path = tmp_path / "there" / "de-en.tgz"
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"\x55" if harm == "another byte" else whole[:1500])
    told = {"truncated": "the connection ended; 1,500 of", "another byte": "has another SHA256"}.get(
        harm, "cannot be unpacked"
    )
    if harm.endswith("published"):
        archive = Archive(archive.url, File(1500))
    with pytest.raises(Refused, match=told) as refused:
        prepare("iwslt14", tmp_path, 1, {"iwslt14": (archive,)})
    assert "\n" not in str(refused.value) and not list(tmp_path.glob("iwslt14/prepared-*"))


def test_a_link_is_never_taken_for_a_text(tmp_path):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        link = tarfile.TarInfo("a/text")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    with pytest.raises(Refused, match="a/text is no file"):
        take(tmp_path / "a.tgz", ["a/text"], tmp_path / "into")


@pytest.mark.parametrize("name", ["train.de.bin", "test.en.idx", "vocabulary.txt"])
def test_a_damaged_folder_is_not_read(talked, tmp_path, name):
    for path, inside in contents(talked.folder).items():
        (tmp_path / path).write_bytes(inside)
    assert Corpus(tmp_path).meta == talked.meta
    (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:-2])
    with pytest.raises(Refused, match="prepare"):
        Corpus(tmp_path)


# ---- WMT 2016


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
    monkeypatch.setattr("workloads.pieces.CHUNK", 7)
    one, two = (done("wmt16", tmp_path / str(p), wmt16(tmp_path / "there"), processes=p) for p in (1, 2))
    assert contents(one.folder) == contents(two.folder)


# ---- message catalogues

GIT = {
    "_Open the %s file": "Datei %s _öffnen",
    "E_xit": "_Beenden",
    "read file_name again": "file_name erneut lesen",
    "AT&T &Tools": "AT&T-&Werkzeuge",
    "<b>Warning</b>": "<b>Warnung</b>",
    "menu\x04Close": "Schließen",
    "%d tree\0%d trees": "%d Baum\0%d Bäume",
    "Yes": "Yes", "No": "", "%d%%": "%d %%",
    "two\nlines": "zwei\nZeilen", "one %s": "einer", "aa bb cc dd": "Abkürzung",
} | {en: de for de, en in map(said, range(30))}  # fmt: skip
CLEAN = {
    "Open the X file": "Datei X öffnen", "Exit": "Beenden", "read file_name again": "file_name erneut lesen",
    "AT&T Tools": "AT&T-Werkzeuge", "Warning": "Warnung", "Close": "Schließen", "X tree": "X Baum",
}  # fmt: skip


def locale(folder: Path) -> Path:
    at = folder / "de" / "LC_MESSAGES"
    catalogue(at / "git.mo", GIT)
    catalogue(at / "apt.mo", dict([said(40)[::-1], said(41)[::-1], said(3)[::-1], ("exit", "Ende")]))
    catalogue(at / "sed.mo", dict([said(50)[::-1], said(51)[::-1], said(40)[::-1]]))
    (at / "git-alias.mo").symlink_to("git.mo")
    (at / "bash.mo").write_bytes(b"not a catalogue")
    return folder


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


# ---- the command


def command(*arguments: str, folder: Path) -> tuple[int, str, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "workloads.prepare", *arguments],
        cwd=folder, env=os.environ | {"PYTHONPATH": SOURCE}, capture_output=True, text=True,
    )  # fmt: skip
    return ended.returncode, ended.stdout, ended.stderr


def test_the_command_prepares_once_and_says_what_there_is(tmp_path):
    locale(tmp_path / "locale")
    for told in ("is ready", "was there already"):
        code, out, err = command("catalogues", "--data", "here", "--locale", "locale", folder=tmp_path)
        assert (code, err) == (0, "") and f"{told}: train 37, valid 2, test 2 pairs" in out
    assert len(list(tmp_path.glob("here/catalogues/*prepared-*"))) == 1


def test_ctrl_c_stops_all_its_processes_in_one_line(tmp_path):
    pairs = dict(said(i)[::-1] for i in range(5000))
    for name in ("git", "apt", "sed"):
        catalogue(tmp_path / "locale" / "de" / "LC_MESSAGES" / f"{name}.mo", pairs)
    asked = [sys.executable, "-m", "workloads.prepare", "catalogues", "--locale", "locale", "--processes", "2"]
    process = subprocess.Popen(
        asked, cwd=tmp_path, env=os.environ | {"PYTHONPATH": SOURCE}, start_new_session=True,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until = time.monotonic() + 30
    while not [
        path for path in tmp_path.glob("data/catalogues/.prepared-*/raw/train.de.tok.new") if path.stat().st_size
    ]:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    try:
        assert process.communicate(timeout=20)[1] == "\nprepare: stopped; the same command goes on from there\n"
    finally:
        process.kill()
    assert process.returncode == 130


@pytest.mark.parametrize(("arguments", "told"), [
    (["iwslt"], "did you mean iwslt14?"),
    (["wmt16", "--processes", "0"], "--processes must be 1 or more, came 0"),
    (["wmt16", "--locale", "x"], "--locale is for catalogues"),
    (["catalogues", "--locale", "."], "de/LC_MESSAGES has no message catalogues"),
    (["iwslt14"], "data/iwslt14/de-en.tgz has 4 bytes, not 19,982,877; move it away"),
])  # fmt: skip
def test_mistakes_are_one_line(tmp_path, arguments, told):
    (tmp_path / "data" / "iwslt14").mkdir(parents=True)
    (tmp_path / "data" / "iwslt14" / "de-en.tgz").write_text("none")
    code, out, err = command(*arguments, folder=tmp_path)
    assert (code, out) == (2, "") and told in err and len(err.splitlines()) == 1
