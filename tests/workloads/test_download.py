"""A file whose size nobody publishes is as long as its server says, or refused."""

import pytest
from test_fetch import serve  # noqa: F401  a fixture

from codist.errors import Refused
from workloads.download import bring
from workloads.sources import Archive, File

WHOLE = bytes(range(256)) * 2000


@pytest.fixture
def archive(serve):  # noqa: F811
    """An archive of unpublished size, and its server."""

    def of(**options):
        server = serve(WHOLE, **options)
        return Archive(server.url, File(None)), server

    return of


def test_the_size_is_the_one_that_the_server_states(archive, tmp_path):
    listed, server = archive()
    assert bring(listed, tmp_path).read_bytes() == WHOLE
    assert bring(listed, tmp_path).read_bytes() == WHOLE and server.asked == [None]


def test_a_download_that_was_cut_short_goes_on(archive, tmp_path):
    listed, server = archive()
    server.ends_after = 100_000
    with pytest.raises(Refused, match=r"the connection ended; 100,000 of 512,000 bytes are in"):
        bring(listed, tmp_path)
    assert not (tmp_path / "set.tar.gz").exists()
    assert bring(listed, tmp_path).read_bytes() == WHOLE
    assert server.asked == [None, "bytes=100000-"]


def test_a_download_that_lacks_only_its_name_gets_it(archive, tmp_path):
    """The download was stopped between the last byte and the renaming."""
    listed, server = archive()
    (tmp_path / "set.tar.gz.part").write_bytes(WHOLE)
    assert bring(listed, tmp_path).read_bytes() == WHOLE
    assert server.asked == ["bytes=512000-"]


def test_the_part_of_a_longer_file_is_not_taken_for_this_one(archive, tmp_path):
    listed, _ = archive()
    (tmp_path / "set.tar.gz.part").write_bytes(WHOLE + b"more")
    with pytest.raises(Refused, match=r"tar.gz.part has 512,004 bytes, more than http.*; move"):
        bring(listed, tmp_path)
    assert not (tmp_path / "set.tar.gz").exists()


def test_a_server_without_ranges_sends_all_of_it_again(archive, tmp_path):
    listed, _ = archive(ranges=False)
    (tmp_path / "set.tar.gz.part").write_bytes(b"x" * 1000)
    assert bring(listed, tmp_path).read_bytes() == WHOLE


def test_a_server_that_states_no_size_is_refused_and_nothing_is_kept(archive, tmp_path):
    listed, _ = archive(length=False)
    with pytest.raises(
        Refused, match=r"expected the size of the file from the server, got Content-"
    ):
        bring(listed, tmp_path)
    assert not (tmp_path / "set.tar.gz").exists()
