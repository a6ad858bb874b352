"""Data sets are fetched whole or not at all: over a real server that ends early, and from archives that mean harm."""

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from codist import progress
from codist.errors import Busy, Refused
from workloads.cifar.options import FORMATS, Cifar
from workloads.download import alone
from workloads.fetch import fetch
from workloads.sources import SOURCES, Archive, File, wrong

CONTENT = {"set/one.bin": os.urandom(300_000), "set/two.bin": b"two"}


def packed(*extra: tarfile.TarInfo, content=CONTENT) -> bytes:
    """An archive of a folder, CONTENT, a readme, and members that mean harm."""
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w:gz") as tar:
        folder = tarfile.TarInfo("set")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, inside in {**content, "set/readme": b"hello"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(inside)
            tar.addfile(member, io.BytesIO(inside))
        for member in extra:
            tar.addfile(member, io.BytesIO(b"\0" * member.size))
    return into.getvalue()


def source(url: str, whole: bytes, **changes) -> Archive:
    file = File(len(whole), hashlib.sha256(whole).hexdigest(), hashlib.md5(whole).hexdigest())
    members = {
        name: File(len(inside), hashlib.sha256(inside).hexdigest())
        for name, inside in CONTENT.items()
    }
    return Archive(
        **{"url": url, "file": file, "members": members, "left": ("set/readme",), **changes}
    )


class Server:
    """`whole` at `url`, in ranges if so asked; `ends_after` bytes the connection is cut, once. `length`: whether it
    states the size."""

    def __init__(self, whole: bytes, ranges=True, length=True):
        self.whole, self.ranges, self.ends_after, self.asked = whole, ranges, None, []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                said = self.headers.get("Range")
                server.asked.append(said)
                first = (
                    int(said.removeprefix("bytes=").rstrip("-")) if said and server.ranges else 0
                )
                rest = server.whole[first:]
                if first and not rest:
                    self.send_response(416)
                    self.send_header("Content-Range", f"bytes */{len(server.whole)}")
                    self.end_headers()
                    return
                self.send_response(206 if first else 200)
                if first:
                    self.send_header(
                        "Content-Range",
                        f"bytes {first}-{len(server.whole) - 1}/{len(server.whole)}",
                    )
                if length:
                    self.send_header("Content-Length", str(len(rest)))
                self.end_headers()
                self.wfile.write(rest[: server.ends_after])
                server.ends_after = None

            def log_message(self, *arguments): ...

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/set.tar.gz"
        threading.Thread(target=self.http.serve_forever, args=[0.02], daemon=True).start()


@pytest.fixture
def serve():
    servers = []

    def begin(whole, **options):
        servers.append(Server(whole, **options))
        return servers[-1]

    yield begin
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


WHOLE = {"one.bin": CONTENT["set/one.bin"], "two.bin": b"two"}


def test_a_data_set_is_brought_whole_and_the_second_time_nothing_is_asked(serve, tmp_path):
    server = serve(packed())
    assert fetch("set", source(server.url, server.whole), tmp_path / "data")
    assert there(tmp_path / "data" / "set") == WHOLE
    assert not fetch("set", source(server.url, server.whole), tmp_path / "data")
    assert server.asked == [None]


def test_a_download_says_how_much_is_there_in_a_log_too(serve, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(progress, "PRINT_SECONDS", 0)
    server = serve(packed())
    assert fetch("set", source(server.url, server.whole), tmp_path)
    assert re.search(r"^set\.tar\.gz: 0\.3 MB of 0\.3 MB, 0 s left$", capsys.readouterr().err, re.M)


def test_an_interrupted_download_goes_on_where_it_was(serve, tmp_path):
    server = serve(packed())
    server.ends_after = 100_000
    with pytest.raises(Refused, match=r"100,000 of .* resumes from there"):
        fetch("set", source(server.url, server.whole), tmp_path)
    assert not there(tmp_path / "set") and not (tmp_path / "set.tar.gz").exists()
    assert fetch("set", source(server.url, server.whole), tmp_path)
    assert there(tmp_path / "set") == WHOLE
    assert server.asked == [None, "bytes=100000-"]


def test_a_server_without_ranges_sends_all_of_it_again(serve, tmp_path):
    server = serve(packed(), ranges=False)
    (tmp_path / "set.tar.gz.part").write_bytes(server.whole[:1000])
    assert fetch("set", source(server.url, server.whole), tmp_path)
    assert there(tmp_path / "set") == WHOLE


@pytest.mark.parametrize("harm", ["another byte", "longer"])
def test_what_is_not_the_published_file_is_put_aside_and_never_unpacked(serve, tmp_path, harm):
    right = packed()
    server = serve(
        right[:-1] + bytes([right[-1] ^ 1]) if harm == "another byte" else right + b"more"
    )
    with pytest.raises(
        Refused, match="published one; it is put aside" if harm == "another byte" else "bytes, not"
    ):
        fetch("set", source(server.url, right), tmp_path)
    assert not there(tmp_path / "set")
    assert {path.name for path in tmp_path.iterdir()} == {"set.tar.gz.wrong", ".set.lock"}
    server.whole = right
    # and the next time it is downloaded again
    assert fetch("set", source(server.url, right), tmp_path)


def test_the_part_of_another_file_is_found_out(serve, tmp_path):
    server = serve(packed())
    (tmp_path / "set.tar.gz.part").write_bytes(b"x" * 1000)
    with pytest.raises(Refused, match="another SHA256"):
        fetch("set", source(server.url, server.whole), tmp_path)
    assert not there(tmp_path / "set")


def test_a_server_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(
        Refused, match="refused; got 0 of 7 bytes; the same command tries again"
    ) as refused:
        fetch("set", source("http://127.0.0.1:9/set.tar.gz", b"nothing"), tmp_path)
    assert "\n" not in str(refused.value)


def test_an_archive_put_there_by_hand_needs_no_network(tmp_path):
    whole = packed()
    (tmp_path / "set.tar.gz").write_bytes(whole)
    assert fetch("set", source("http://127.0.0.1:9/set.tar.gz", whole), tmp_path)
    assert there(tmp_path / "set") == WHOLE


def test_a_damaged_file_is_unpacked_anew(tmp_path):
    whole = packed()
    archive = source("http://127.0.0.1:9/set.tar.gz", whole)
    (tmp_path / "set.tar.gz").write_bytes(whole)
    fetch("set", archive, tmp_path)
    (tmp_path / "set" / "two.bin").write_bytes(b"owt")
    assert wrong(tmp_path / "set" / "two.bin", archive.members["set/two.bin"]).startswith(
        "has another SHA256"
    )
    assert fetch("set", archive, tmp_path)
    assert there(tmp_path / "set") == WHOLE


def test_a_file_in_the_folders_place_is_named_before_anything_is_asked(tmp_path):
    (tmp_path / "set").write_text("mine")
    with pytest.raises(Refused, match="set: expected a folder, got a file; move it away"):
        fetch("set", source("http://127.0.0.1:9/set.tar.gz", packed()), tmp_path)


@pytest.mark.parametrize(
    ("place", "make", "got"),
    [
        ("", lambda path: path.symlink_to("nowhere"), "expected a folder, got a dangling link"),
        ("set", lambda path: path.symlink_to("nowhere"), "expected a folder, got a dangling link"),
        ("set", os.mkfifo, "expected a folder, got a FIFO"),
        ("set/one.bin", lambda path: path.mkdir(), "expected a file, got a folder"),
        ("set.tar.gz.part", lambda path: path.mkdir(), "expected a file, got a folder"),
        ("set.tar.gz.part", os.mkfifo, "expected a file, got a FIFO"),
        ("set.tar.gz", lambda path: path.mkdir(), "is a folder"),
        ("set.tar.gz", os.mkfifo, "is a FIFO"),
    ],
)
def test_what_is_of_another_kind_is_named_before_anything_is_asked(
    serve, tmp_path, place, make, got
):
    server = serve(packed())
    path = tmp_path / "data" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    make(path)
    with pytest.raises(Refused) as refused:
        fetch("set", source(server.url, server.whole), tmp_path / "data")
    assert str(refused.value) in (
        f"{path}: {got}; move it away and run this again",
        f"{path} {got}; move it away and run this again",
    )
    assert server.asked == []


def test_two_at_a_time_are_one_too_many(tmp_path):
    archive = source("http://127.0.0.1:9/set.tar.gz", b"nothing")
    with alone(tmp_path / ".set.lock"), pytest.raises(Busy, match="another process is fetching"):
        fetch("set", archive, tmp_path)


# ---- archives that mean harm: even where their own checksum is the expected one


def harmful(name, kind=tarfile.REGTYPE, link="", size=0):
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, size
    return member


@pytest.mark.parametrize(
    ("member", "said"),
    [
        (harmful("../outside", size=1), "an unexpected member, '../outside'"),
        (harmful("set/../../outside", size=1), "an unexpected member, 'set/../../outside'"),
        (harmful("/tmp/outside", size=1), "an unexpected member, '/tmp/outside'"),
        (harmful("set/outside", size=1), "an unexpected member, 'set/outside'"),
        (
            harmful("set/outside", tarfile.SYMTYPE, "../../outside"),
            "an unexpected member, 'set/outside'",
        ),
        (harmful("set/one.bin", tarfile.SYMTYPE, "two.bin"), "an unexpected member, 'set/one.bin'"),
        (
            harmful("set/one.bin", tarfile.LNKTYPE, "set/two.bin"),
            "an unexpected member, 'set/one.bin'",
        ),
        (harmful("set/null", tarfile.CHRTYPE), "an unexpected member, 'set/null'"),
        (harmful("set/one.bin", tarfile.FIFOTYPE), "an unexpected member, 'set/one.bin'"),
        (harmful("set/readme", size=2_000_000), "an unexpected member, 'set/readme'"),
        (harmful("set/one.bin", size=2_000_000), "not 300,000; nothing was unpacked"),
    ],
)
def test_a_harmful_archive_is_refused_and_nothing_of_it_stays(tmp_path, member, said):
    whole = packed(
        member, content={name: inside for name, inside in CONTENT.items() if name != member.name}
    )
    data = tmp_path / "a" / "b" / "data"
    data.mkdir(parents=True)
    (data / "set.tar.gz").write_bytes(whole)
    with pytest.raises(Refused, match=re.escape(said)) as refused:
        fetch("set", source("http://127.0.0.1:9/set.tar.gz", whole), data)
    assert "\n" not in str(refused.value)
    assert {
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if not path.is_dir()
    } == {"a/b/data/set.tar.gz", "a/b/data/.set.lock"}
    assert not there(data / "set")


def test_a_member_that_comes_twice_is_refused(tmp_path):
    whole = packed(harmful("set/two.bin", size=3))
    (tmp_path / "set.tar.gz").write_bytes(whole)
    with pytest.raises(Refused, match=r"has two.bin twice"):
        fetch("set", source("http://127.0.0.1:9/set.tar.gz", whole), tmp_path)
    assert not there(tmp_path / "set")


@pytest.mark.parametrize(
    "whole", [b"not an archive", packed()[:-200_000], packed(content={"set/two.bin": b"two"})]
)
def test_an_archive_that_ends_early_or_lacks_a_file_is_refused(tmp_path, whole):
    (tmp_path / "set.tar.gz").write_bytes(whole)
    with pytest.raises(Refused, match=r"cannot be unpacked|is not there"):
        fetch("set", source("http://127.0.0.1:9/set.tar.gz", whole), tmp_path)
    assert not there(tmp_path / "set") and not (tmp_path / "set.part").exists()


# ---- the table and the command


def test_cifars_table_is_what_its_workload_reads():
    members = SOURCES["cifar10"].members
    assert (
        {Path(name).name for name in members}
        == {*FORMATS[10].train, FORMATS[10].valid}
        == set(Cifar().files())
    )
    assert {file.bytes for file in members.values()} == {30_730_000}
    assert len({file.sha256 for file in members.values()}) == 6


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["cifar11"], 2, "did you mean cifar10?"),
        (
            ["cifar10", "--data", "there"],
            2,
            "there/cifar-10-binary.tar.gz has 4 bytes, not 170,052,171; move it away",
        ),
        (
            ["cifar10", "--data", "there/cifar-10-binary.tar.gz/in"],
            1,
            "in'; the same command resumes from there",
        ),
    ],
)
def test_mistakes_are_one_line(tmp_path, arguments, code, said):
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "cifar-10-binary.tar.gz").write_text("none")
    source = Path(__file__).parents[2] / "src"
    ended = subprocess.run(
        [sys.executable, "-m", "workloads.fetch", *arguments],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout) == (code, "")
    assert said in ended.stderr and len(ended.stderr.splitlines()) == 1
