"""Stores where groups publish checkpoints: a folder, or any address of fsspec. Needs no torch.

A name is "<folder>/<file>". What each kind guarantees:
- Folder: a listed file is whole and durable, after a kill or a crash too.
- Remote, an object store (S3 and alike): a listed file is whole, since the service shows an object only once complete.
- Remote, any other (FTP, SFTP, ...): a file may be listed while it is written, and stays torn after a kill. Its reader
  must compare it with the SHA-256 in its name.
"""

import contextlib
import errno
import os
import secrets
import stat
import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path

import fsspec
from fsspec.asyn import sync
from fsspec.registry import known_implementations

from codist.disk import sync_folder, write_atomically
from codist.errors import Refused, Unusable, nearest, one_line

PATIENCE = 10  # seconds; a store that does not answer must not hold up a group's end
SETTLED = 1.0  # seconds after which a file that was added is there for all
SLOWEST = 1e6  # bytes/s; a transfer has size / SLOWEST seconds more


class Store(ABC):
    """Named files, written once. Two threads may use one store. A failure is an OSError, and may be tried again."""

    @abstractmethod
    def write(self, name: str, content: bytes) -> None:
        """Write a file, and its folder if missing."""

    @abstractmethod
    def add(self, name: str, content: bytes) -> None:
        """Write a file unless there is one; who reads it then sees whose it is.

        Folder: of any calls at once one wins, for good; without hard links the last one. An object
        store: of those within SETTLED seconds the last wins. Any other Remote promises nothing.
        """

    @abstractmethod
    def read(self, name: str, limit: int) -> bytes:
        """A file's content. Raises FileNotFoundError if gone; Unusable if above `limit` bytes, before it is read."""

    @abstractmethod
    def names(self, folder: str) -> list[str]:
        """The names of the files directly in `folder`, sorted, without hidden ones; [] if there is no such folder."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""


class Folder(Store):
    """A folder of a local or network file system."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(self, name: str, content: bytes) -> None:
        path = self.folder / name
        if not path.parent.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            sync_folder(self.folder)
        write_atomically(path, content)

    def add(self, name: str, content: bytes) -> None:
        fresh = f"{name}.{secrets.token_hex(8)}"
        self.write(fresh, content)
        try:
            os.link(self.folder / fresh, self.folder / name)
        except FileExistsError:
            return
        except OSError as error:
            if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
                raise
            self.write(name, content)
        finally:
            self.remove(fresh)
        sync_folder((self.folder / name).parent)

    def read(self, name: str, limit: int) -> bytes:
        path = self.folder / name
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would block
            raise Unusable("expected a file, got something else")
        with open(path, "rb") as file:
            check_size(os.fstat(file.fileno()).st_size, limit)
            return file.read()

    def names(self, folder: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError), os.scandir(self.folder / folder) as entries:
            return sorted(e.name for e in entries if e.name[0] != "." and e.is_file())
        return []

    def remove(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)


class Remote(Store):
    """Any address of fsspec. Options, such as keys, come from fsspec's configuration and environment variables.

    Backends of object stores are asynchronous, and their calls end after PATIENCE + bytes / SLOWEST seconds. Others
    (FTP, SFTP, ...) keep the time limits that they have themselves.
    """

    def __init__(self, address: str, asynchronous: bool) -> None:
        self.address, self.asynchronous = address.rstrip("/"), asynchronous
        self.mine = threading.local()  # a connection per thread: an FTP connection cannot be shared

    def write(self, name: str, content: bytes) -> None:
        # object stores have no folders, and making one might create a bucket
        if not self.asynchronous:
            self.call("makedirs", name.rpartition("/")[0], exist_ok=True)
            self.remove(name)  # an FTP server may append to what an interrupted write left
        self.call("pipe_file", name, content, size=len(content))

    def add(self, name: str, content: bytes) -> None:
        try:
            self.call("info", name)
        except FileNotFoundError:
            self.write(name, content)
            time.sleep(SETTLED)

    def read(self, name: str, limit: int) -> bytes:
        check_size(self.call("info", name)["size"], limit)
        return self.call("cat_file", name, size=limit)

    def names(self, folder: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            entries = self.call("ls", folder, detail=True)
            names = [e["name"].rpartition("/")[2] for e in entries if e["type"] == "file"]
            return sorted(name for name in names if not name.startswith("."))
        return []

    def remove(self, name: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self.call("info", name)  # since removing a missing file fails differently in each
            self.call("rm_file", name)

    def call(self, verb: str, name: str, *values, size: int = 0, **options):
        """Call a method of the backend; any failure but FileNotFoundError is an OSError. size: bytes to transfer."""
        try:
            backend, root = self.connection()
            backend.invalidate_cache()  # not use_listings_cache=False, which some take for an option of theirs
            path = f"{root}/{name}"
            if not self.asynchronous:
                return getattr(backend, verb)(path, *values, **options)
            options["timeout"] = PATIENCE + size / SLOWEST
            return sync(backend.loop, getattr(backend, f"_{verb}"), path, *values, **options)
        except FileNotFoundError:
            raise
        except Exception as error:  # botocore, aiohttp and ftplib have types of their own
            vars(self.mine).clear()  # this thread's next call connects anew
            why = f"{type(error).__name__}: {one_line(error)}"
            raise OSError(f"the store failed in {verb} of {name}: {why}") from error

    def connection(self) -> tuple[fsspec.AbstractFileSystem, str]:
        """This thread's backend, and the path of the address in it."""
        if not hasattr(self.mine, "connection"):
            backend, root = fsspec.url_to_fs(self.address, skip_instance_cache=True)
            self.mine.connection = backend, root.rstrip("/")
        return self.mine.connection


def store_at(address: str) -> Store:
    """The store at a path, or at an address with "://". Nothing is read or written yet.

    Raises Refused if fsspec does not know the protocol, or if its package is not installed.
    """
    protocol, found, path = address.partition("://")
    if not found or protocol in ("file", "local"):
        return Folder(Path(path if found else address))
    try:
        return Remote(address, fsspec.get_filesystem_class(protocol).async_impl)
    except ImportError as error:
        raise Refused(f"{protocol}:// needs a package that is missing: {one_line(error)}") from None
    except ValueError:
        known = nearest(protocol, known_implementations)
        raise Refused(f"expected a protocol of fsspec, got {protocol}://; {known}") from None


def check_size(size: int | None, limit: int) -> None:
    """Raises Unusable if `size` is above `limit`, both in bytes, or unknown."""
    if size is None or size > limit:
        raise Unusable(f"expected at most {limit} bytes, got {size}")
