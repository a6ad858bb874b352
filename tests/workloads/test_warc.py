"""WET files are read record by record; damaged and foreign ones are refused by file and record."""

import gzip
import zlib

import pytest
from crawls import INFO, packed, record

from codist.errors import Refused
from workloads.language import warc

ONE, TWO = record("Bäume\nund\u2028mehr", "http://a.example/x"), record("two", "http://b.example/")
WHOLE = packed(INFO, ONE, TWO)


def read(tmp_path, content: bytes):
    (tmp_path / "a.warc.wet.gz").write_bytes(content)
    return list(warc.texts(tmp_path / "a.warc.wet.gz"))


def refused(tmp_path, content: bytes) -> str:
    with pytest.raises(Refused) as error:
        read(tmp_path, content)
    said = str(error.value)
    assert "\n" not in said and said.startswith(str(tmp_path / "a.warc.wet.gz"))
    return said.removeprefix(str(tmp_path / "a.warc.wet.gz"))


def test_texts_are_read_with_their_addresses_and_other_records_passed_over(tmp_path):
    assert read(tmp_path, WHOLE) == [
        ("http://a.example/x", "Bäume\nund\u2028mehr"),
        ("http://b.example/", "two"),
    ]
    assert read(tmp_path, packed(INFO, record(""), record("x", kind="metadata"))) == [
        ("http://a.example/", "")
    ]


@pytest.mark.parametrize("at_once", [1, 7, 300])
def test_a_record_may_lie_across_what_is_read_at_once(tmp_path, monkeypatch, at_once):
    whole = read(tmp_path, WHOLE)
    monkeypatch.setattr(warc, "AT_ONCE", at_once)
    assert read(tmp_path, WHOLE) == whole


def test_every_truncation_within_a_record_is_found(tmp_path):
    ends = {len(packed(INFO)), len(packed(INFO, ONE))}
    for size in range(len(packed(INFO)) + 1, len(WHOLE)):
        if size not in ends:
            assert " record " in (said := refused(tmp_path, WHOLE[:size])), size
            assert (
                "expected a whole gzip member, got the end of the file; move the file away" in said
            )


def test_every_byte_that_another_replaces_is_found(tmp_path):
    """gzip's checksum finds it; the first bytes of a member, time and system, mean nothing here."""
    begin = len(packed(INFO)) + 10
    for at in range(begin, begin + len(packed(ONE)) - 10):
        harmed = bytearray(WHOLE)
        harmed[at] ^= 0x55
        assert " record " in refused(tmp_path, bytes(harmed)), at


HARMS = {
    "Content-Length is too small": (record("text", Content_Length="3"), "expected Content-Length 3 and"),
    "too large": (record("text", Content_Length="5"), "expected Content-Length 5 and the end of"),
    "negative": (record("text", Content_Length="-4"), "Content-Length of 0 to 16,777,216, got -4;"),
    "huge": (record("text", Content_Length="9" * 5000), "Content-Length of 0 to 16,777,216, got 999"),
    "beyond its bound": (record("a" * (2**24 + 1)), "Content-Length of 0 to 16,777,216, got 16777217"),
    "no number": (record("text", Content_Length="4x"), "Content-Length of 0 to 16,777,216, got 4x;"),
    "of other digits": (record("text", Content_Length="\u0664"), "of 0 to 16,777,216, got Ù"),
    "not there": (record("text", Content_Length=None), "Content-Length of 0 to 16,777,216, got none"),
    "there twice": (record("text", content_length="4"), "each header once, as name: value, got content-l"),
    "a header without colon": (
        record("text").replace(b"Type: text", b"Type text"),
        "each header once, as name: value, got Content-Type text/plain",
    ),
    "headers beyond their bound": (record("text", X="x" * 2**14), "headers of at most 16,384 bytes"),
    "headers without end": (b"WARC/1.0\r\nWARC-Type: conversion\r\n", "headers of at most 16,384 bytes"),
    "lines end as on Unix": (record("text").replace(b"\r\n", b"\n"), "headers of at most 16,384"),
    "another version": (record("text").replace(b"/1.0", b"/0.9"), "expected WARC/1.0, got WARC/0.9;"),
    "no address": (record("text", WARC_Target_URI=None), "expected WARC-Target-URI, got none"),
    "not UTF-8": (record("Bäume".encode("latin-1")), "text is not UTF-8: invalid continuation byte at byte 1"),
    "two records": (record("text") * 2, "expected Content-Length 4 and the end of the record"),
    "the end is missing": (record("text")[:-2], "expected Content-Length 4 and the end of the record"),
    "another end": (record("text")[:-4] + b"more", "expected Content-Length 4 and the end of the record"),
    "nothing": (b"", "headers of at most 16,384 bytes and a blank line"),
}  # fmt: skip


@pytest.mark.parametrize(("harmed", "told"), HARMS.values(), ids=HARMS)
def test_a_damaged_record_is_refused_by_its_number(tmp_path, harmed, told):
    said = refused(tmp_path, packed(INFO, ONE, harmed, TWO))
    assert said.startswith(" record 3: ") and told in said, said
    assert said.endswith("; move the file away and run this again") and len(said) < 250


def test_a_small_member_that_unpacks_to_a_large_one_is_refused_before_it_does(
    tmp_path, monkeypatch
):
    packer, parts = zlib.compressobj(wbits=31), []
    for _ in range(128):
        parts.append(packer.compress(bytes(2**20)))
    bomb = b"".join([*parts, packer.flush()])
    assert len(bomb) < 2**18
    taken, real = [], zlib.decompressobj

    class Counted:
        def __init__(self, bits):
            self.real = real(bits)

        def decompress(self, packed, most):
            taken.append(len(part := self.real.decompress(packed, most)))
            return part

        def __getattr__(self, name):
            return getattr(self.real, name)

    monkeypatch.setattr(zlib, "decompressobj", Counted)
    assert "record 2: expected at most 16,793,604 bytes" in refused(tmp_path, packed(INFO) + bomb)
    assert sum(taken) < 2**25


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", " has no record of type conversion; is it a .warc.wet.gz file?"),
        (packed(INFO), " has no record of type conversion"),
        (packed(INFO, record("GET /", kind="request")), " has no record of type conversion"),
        (b"<html>not found</html>", " record 1: expected a gzip member, got Error -3"),
        (INFO + ONE, " record 1: expected a gzip member, got Error -3"),
        (gzip.compress(b"<html>" * 9, mtime=0), " record 1: expected headers of at most"),
        (
            gzip.compress(INFO + ONE + TWO, mtime=0),
            " record 1: expected Content-Length 65 and the end",
        ),
        (WHOLE + b"\0\0", " record 4: expected a gzip member, got Error"),
    ],
)
def test_a_foreign_file_is_refused(tmp_path, content, told):
    assert refused(tmp_path, content).startswith(told)


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "a.warc.wet.gz").mkdir()
    with pytest.raises(Refused, match=r"expected a .warc.wet.gz file, got a folder"):
        list(warc.texts(tmp_path / "a.warc.wet.gz"))
    with pytest.raises(Refused, match=r"b.warc.wet.gz: expected a .warc.wet.gz file, got No such"):
        list(warc.texts(tmp_path / "b.warc.wet.gz"))
