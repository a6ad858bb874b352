"""Files that are made once and kept in the data folder, with the digest of their content. Needs no torch."""

import contextlib
import hashlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path

from codist.errors import Refused
from workloads.files import irregular


def digest(content: bytes) -> str:
    return "sha256-" + hashlib.sha256(content).hexdigest()[:16]


def cached(
    path: Path, expected: str, make: Callable[[], bytes], other: Callable[[str], str]
) -> bytes:
    """The content of `path` if its digest is `expected`; else what make() returns, written there.

    A corrupt or unreadable file is rewritten. Raises Refused if make() returns content of another
    digest, with the message other(digest), or if `path` cannot be written.
    """
    content = readable(path)
    if digest(content) != expected:
        content = make()
        if (got := digest(content)) != expected:
            raise Refused(other(got))
        keep(path, content)
    return content


def readable(path: Path) -> bytes:
    """The bytes of the file at `path`; empty if it is no regular file or unreadable."""
    with contextlib.suppress(OSError):
        return b"" if irregular(path) else path.read_bytes()
    return b""


def keep(path: Path, content: bytes) -> None:
    """Write atomically, safe for several processes at once. Raises Refused if `path` cannot be written."""
    fresh = path.with_name(f"{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            fresh.write_bytes(content)
            os.replace(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
    except OSError as error:
        raise Refused(
            f"{path} cannot be written: {error.strerror}; make it writable, or choose another place.data"
        ) from None
