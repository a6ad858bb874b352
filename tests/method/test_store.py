"""Stores of checkpoints: a folder, memory, and real servers of S3 and FTP started on this machine (rclone)."""

import contextlib
import hashlib
import importlib.util
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from fsspec.registry import _registry
from obstore.fsspec import FsspecStore

from codist import store as stores
from codist.errors import Refused, Unusable
from codist.store import Folder, store_at
from launch.failing import free_port

RCLONE = Path(sys.executable).with_name("rclone")
SRC = Path(__file__).parents[2] / "src"


@contextlib.contextmanager
def serving(kind: str, folder: Path, port: int):
    """A server over `folder`, each of whose folders is a bucket of S3."""
    login = ["--auth-key=key,secret"] if kind == "s3" else ["--user=key", "--pass=secret"]
    # FTP appends to files, for which rclone needs a cache
    cache = [f"--cache-dir={folder}-cache", "--vfs-cache-mode=writes"]
    command = [
        RCLONE,
        "serve",
        kind,
        f"--addr=127.0.0.1:{port}",
        *login,
        *cache,
        "--config=",
        folder,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 30
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


def sparse(path: Path) -> None:
    """A file of one TiB, which would not fit into memory."""
    path.parent.mkdir(parents=True)
    with open(path, "wb") as file:
        file.truncate(2**40)


@pytest.fixture(scope="module")
def servers(tmp_path_factory):
    """The root folder of a server of S3 and one of FTP, and their ports."""
    root, ports = tmp_path_factory.mktemp("served"), {"s3": free_port(), "ftp": free_port()}
    sparse(root / "bucket" / "huge" / "0" / "a")
    with serving("s3", root, ports["s3"]), serving("ftp", root, ports["ftp"]):
        yield root, ports


def with_s3(monkeypatch, port: int):
    """Let s3:// lead to the server at `port`.

    The client is s3fs where it is installed, otherwise obstore, which is locked: s3fs needs python-dateutil<3.
    """
    if not importlib.util.find_spec("s3fs"):
        monkeypatch.setitem(_registry, "s3", type("S3", (FsspecStore,), {"protocol": "s3"}))
    settings = {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "ALLOW_HTTP": "true"}
    settings |= {"ACCESS_KEY_ID": "key", "SECRET_ACCESS_KEY": "secret", "REGION": "us-east-1"}
    for name, value in settings.items():
        monkeypatch.setenv(f"AWS_{name}", value)


@pytest.fixture(params=["folder", "memory", "s3", "ftp"])
def address(request, tmp_path, monkeypatch, servers):
    """The address of an empty store."""
    kind, name, (_, ports) = request.param, tmp_path.name, servers
    if kind == "s3":
        with_s3(monkeypatch, ports["s3"])
    return {
        "folder": str(tmp_path / "store"),
        "memory": f"memory://{name}",
        "s3": f"s3://bucket/{name}",
        "ftp": f"ftp://key:secret@127.0.0.1:{ports['ftp']}/bucket/{name}",
    }[kind]


@pytest.fixture
def store(address):
    return store_at(address)


def test_what_was_written_is_read_back_and_listed_sorted(store):
    contents = {f"{i}.safetensors": bytes([i]) * (i * 70_000) for i in (2, 1, 3)}
    for name, content in contents.items():
        store.write(f"0/{name}", content)
    assert store.names("0") == ["1.safetensors", "2.safetensors", "3.safetensors"]
    assert {name: store.read(f"0/{name}", 10**6) for name in contents} == contents


def test_a_file_may_be_written_again_and_is_then_the_new_one(store):
    store.write("0/owner", b"first, and longer")
    store.write("0/owner", b"second")
    assert store.read("0/owner", 100) == b"second"
    assert store.names("0") == ["owner"]


@pytest.mark.parametrize("address", ["folder", "memory", "s3"], indirect=True)
def test_of_several_that_add_a_file_at_once_all_read_the_same_one(store, address):
    tries = 12 if isinstance(store, Folder) else 1  # a folder settles at once
    for i in range(tries):
        barrier, read = threading.Barrier(4), {}

        def add(who, i=i, barrier=barrier, read=read):
            own = store_at(address)  # as in a process of its own
            barrier.wait()
            own.add(f"{i}/.owner", who)
            read[who] = own.read(f"{i}/.owner", 100)

        threads = [threading.Thread(target=add, args=(b"%d" % who,)) for who in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(read) == 4 and len(set(read.values())) == 1, read
        store.add(f"{i}/.owner", b"late")
        assert store.read(f"{i}/.owner", 100) in read
        assert store.names(str(i)) == []


def test_hidden_files_and_folders_are_not_listed(store):
    store.write("0/.new", b"hidden")
    store.write("0/inner/x", b"deeper")
    store.write("0/a", b"content")
    assert store.names("0") == ["a"]


def test_a_missing_folder_has_no_names(store):
    assert store.names("7") == []
    store.write("0/a", b"content")
    assert store.names("7") == []


def test_a_removed_file_is_gone_and_may_be_removed_again(store):
    store.write("0/a", b"content")
    store.write("0/b", b"other")
    for _ in range(2):
        store.remove("0/a")
    assert store.names("0") == ["b"]
    with pytest.raises(FileNotFoundError):
        store.read("0/a", 100)


def test_a_file_above_the_limit_is_refused(store):
    store.write("0/a", bytes(1000))
    assert store.read("0/a", 1000) == bytes(1000)
    with pytest.raises(Unusable, match="expected at most 999 bytes, got 1000"):
        store.read("0/a", 999)


def test_a_file_above_the_limit_is_refused_before_it_is_read(tmp_path, servers):
    sparse(tmp_path / "0" / "a")
    for address in (str(tmp_path), f"ftp://key:secret@127.0.0.1:{servers[1]['ftp']}/bucket/huge"):
        with pytest.raises(Unusable, match=f"got {2**40}"):
            store_at(address).read("0/a", 10**6)


def test_a_pipe_in_the_place_of_a_file_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(Unusable, match="expected a file"):
        store_at(str(tmp_path.parent)).read(f"{tmp_path.name}/a", 100)
    assert store_at(str(tmp_path.parent)).names(tmp_path.name) == []


def test_listings_are_fresh(store, address):
    """Another process would have a store of its own."""
    assert store.names("1") == []
    for name in ("a", "b"):
        store_at(address).write(f"1/{name}", name.encode())
        assert store.names("1")[-1] == name
    store_at(address).remove("1/a")
    assert store.names("1") == ["b"]


def test_a_thread_writes_while_another_reads(store, address):
    contents = [os.urandom(300_000) for _ in range(12)]
    failed, torn, seen, until = [], 0, set(), time.monotonic() + 30

    def write():
        try:
            for content in contents:
                store.write(f"0/{hashlib.sha256(content).hexdigest()}", content)
        except Exception as error:
            failed.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    while len(seen) < len(contents) and not failed and time.monotonic() < until:
        try:
            names = set(store.names("0")) - seen
        except OSError:  # a group tries again, too; rclone may list a growing file without its time
            continue
        for name in names:
            try:
                whole = hashlib.sha256(store.read(f"0/{name}", 10**6)).hexdigest() == name
            except OSError:  # may be tried again; a server of FTP may refuse a file that grows
                whole = False
            if whole:
                seen.add(name)
            else:
                torn += 1
    writer.join()
    assert not failed and len(seen) == len(contents)
    assert not torn or address.startswith("ftp")  # which shows a file while it is written


def test_a_kill_during_a_write_leaves_no_torn_file_listed(tmp_path):
    endless = (
        "import hashlib, sys; from codist.store import store_at\n"
        "for i in range(1000):\n"
        "    content = bytes([i % 256]) * 50_000_000\n"
        "    store_at(sys.argv[1]).write('0/' + hashlib.sha256(content).hexdigest(), content)"
    )
    environment, store = {**os.environ, "PYTHONPATH": str(SRC)}, store_at(str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", endless, str(tmp_path)], env=environment)
    until = time.monotonic() + 60
    try:
        # a file is whole before, and another one is being written
        while not (store.names("0") and half_written(tmp_path / "0")):
            assert process.poll() is None and time.monotonic() < until
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert half_written(tmp_path / "0")
    for name in store.names("0"):
        assert hashlib.sha256(store.read(f"0/{name}", 10**8)).hexdigest() == name


def half_written(folder: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return any(0 < path.stat().st_size < 50_000_000 for path in folder.iterdir())
    return False


def test_a_full_disk_leaves_the_folder_as_it_was(tmp_path):
    """A limit on the size of files ends a write in its middle, as a full disk does."""
    store = store_at(str(tmp_path))
    store.write("0/a", b"content")
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, old[1]))
    try:
        for name in ("a", "b"):
            with pytest.raises(OSError, match="File too large"):
                store.write(f"0/{name}", bytes(1_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    assert os.listdir(tmp_path / "0") == ["a"]
    assert store.read("0/a", 100) == b"content"


def calls(store):
    return [
        lambda: store.names("0"),
        lambda: store.read("0/a", 100),
        lambda: store.write("0/a", b"content"),
        lambda: store.remove("0/a"),
    ]


@pytest.mark.parametrize("server", ["closed", "silent"])
def test_an_object_store_that_does_not_answer_is_an_error_within_seconds(monkeypatch, server):
    assert stores.PATIENCE <= 10
    monkeypatch.setattr(stores, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        if server == "closed":
            listening.close()
        with_s3(monkeypatch, port)
        for call in calls(store_at("s3://bucket/run")):
            began = time.monotonic()
            with pytest.raises(OSError, match="the store failed in") as raised:
                call()
            assert not isinstance(raised.value, FileNotFoundError)
            assert raised.value.__cause__ and "\n" not in str(raised.value)
            assert time.monotonic() - began < 4


def test_a_store_answers_again_once_its_server_is_back(tmp_path):
    port = free_port()
    store = store_at(f"ftp://key:secret@127.0.0.1:{port}")
    with serving("ftp", tmp_path, port):
        store.write("0/a", b"content")
    for call in calls(store):
        with pytest.raises(OSError, match="the store failed in") as raised:
            call()
        assert "secret" not in str(raised.value)
    with serving("ftp", tmp_path, port):
        assert store.names("0") == ["a"]


def test_an_error_of_a_backends_own_type_is_an_oserror_with_its_cause(monkeypatch, servers):
    with_s3(monkeypatch, servers[1]["s3"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(OSError, match="0/a") as raised:
        store_at("s3://bucket/run").write("0/a", b"content")
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("s33://bucket", "expected a protocol of fsspec, got s33://; did you mean s3?"),
        ("gs://bucket", "gs:// needs a package that is missing: Please install gcsfs to access"),
    ],
)
def test_an_address_that_cannot_be_opened_is_refused_in_one_line(address, said):
    with pytest.raises(Refused) as raised:
        store_at(address)
    assert str(raised.value).startswith(said) and "\n" not in str(raised.value)


def test_a_file_address_is_a_folder(tmp_path):
    """fsspec would also take it, but neither flush nor rename."""
    store = store_at(f"file://{tmp_path}")
    assert isinstance(store, Folder)
    store.write("0/a", b"content")
    assert (tmp_path / "0" / "a").read_bytes() == b"content"


def test_a_store_needs_no_torch():
    asked = "import sys, codist.store; print('torch' in sys.modules)"
    command = [sys.executable, "-c", asked]
    assert subprocess.check_output(command, cwd=SRC, text=True) == "False\n"
