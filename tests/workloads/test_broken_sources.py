"""A source or an archive that is not as it should be is refused by its place, in one line."""

import tarfile

import pytest
from corpora import TRAIN, columns, iwslt14, talks

from codist.errors import Refused
from workloads.prepare import prepare
from workloads.sources import Archive, File
from workloads.text.texts import take
from workloads.translation import iwslt


def changed(lines, at: int, to) -> bytes:
    lines = talks(lines, "de").split(b"\n")
    lines[at - 1 : at] = to
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"de-en/train.tags.de-en.de": changed(columns(TRAIN)["de"], 105, [])},
            r"train.tags.de-en.de ends after line 104, but \S*train.tags.de-en.en continues with line 105",
        ),
        (
            {"de-en/train.tags.de-en.de": changed(columns(TRAIN)["de"], 105, [b"a", b"b"])},
            r"train.tags.de-en.en ends after line 105, but \S*train.tags.de-en.de continues with line 106",
        ),
        (
            {
                "de-en/train.tags.de-en.de": changed(
                    columns(TRAIN)["de"], 12, ["Bäume".encode("latin-1")]
                )
            },
            r"train.tags.de-en.de line 12 is not UTF-8: invalid continuation byte at byte 1",
        ),
        (
            {f"de-en/{iwslt.TEST[2].format('en')}": b'<x>\n<seg id="1"> a\n'},
            r"tst2010.de-en.en.xml line 2: expected a complete <seg id=...> ... </seg>, got",
        ),
        ({"de-en/train.tags.de-en.en": None}, r"de-en.tgz has no de-en/train.tags.de-en.en"),
        (
            {
                f"de-en/{name.format(language)}": b""
                for name in iwslt.TEST
                for language in ("de", "en")
            },
            r"no pair is left for test",
        ),
    ],
)
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
    told = {
        "truncated": "the connection ended; 1,500 of",
        "another byte": "has another SHA256",
    }.get(harm, "cannot be unpacked")
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
