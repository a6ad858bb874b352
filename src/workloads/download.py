"""Downloads of one file: resumed, verified, and by one process at a time. Needs no torch."""

import contextlib
import fcntl
import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from codist.disk import sync_folder
from codist.errors import Busy, Refused
from codist.progress import Progress
from workloads.files import irregular
from workloads.sources import Archive, wrong

AT_ONCE = 2**20  # bytes
PATIENCE = 60  # seconds without data from the server


def bring(archive: Archive, home: Path) -> Path:
    """The path of the verified archive in `home`, downloaded unless it was put there by hand."""
    packed = home / archive.name
    if not packed.exists():
        download(archive, packed)
    elif problem := wrong(packed, archive.file):
        raise Refused(f"{packed} {problem}; move it away and run this again")
    return packed


def refuse_other_kinds(folders: Iterable[Path] = (), files: Iterable[Path] = ()) -> None:
    """Raises Refused if a path to be written is of another kind, or a dangling link.

    A file cannot replace a folder, and writing to a FIFO would block until somebody reads it.
    """
    for path in folders:
        if os.path.lexists(path) and not path.is_dir():
            got = irregular(path) or "a file"
            raise Refused(f"{path}: expected a folder, got {got}; move it away and run this again")
    for path in files:
        if os.path.lexists(path) and (what := irregular(path)):
            raise Refused(f"{path}: expected a file, got {what}; move it away and run this again")


def download(archive: Archive, packed: Path) -> None:
    """Download the archive to `packed` and verify it; <packed>.part holds a partial one, to be resumed.

    If its size is not published, it is the one that the server states.
    """
    part, expected = packed.with_name(packed.name + ".part"), archive.file.bytes
    refuse_other_kinds(files=[part])
    have = part.stat().st_size if part.exists() else 0
    try:
        if expected is None or have < expected:
            have, expected = receive(archive.url, part, have, expected)
    except (OSError, http.client.HTTPException) as error:  # urllib's errors are OSErrors
        why = error.reason if type(error) is urllib.error.URLError else error
        have = part.stat().st_size if part.exists() else 0
        raise Refused(f"{archive.url}: {why}; {kept(have, expected, part)}") from None
    if have < expected:
        raise Refused(f"{archive.url}: the connection ended; {kept(have, expected, part)}")
    problem = wrong(part, archive.file)
    if not problem and have > expected:
        problem = f"has {have:,} bytes, not {expected:,}"
    if problem:
        aside = packed.with_name(packed.name + ".wrong")
        os.replace(part, aside)
        raise Refused(
            f"the download from {archive.url} {problem}; it is put aside as {aside}, and not used"
        )
    os.replace(part, packed)
    sync_folder(packed.parent)


def kept(have: int, expected: int | None, part: Path) -> str:
    total = "" if expected is None else f" of {expected:,}"
    if not have:
        return f"got 0{total} bytes; the same command tries again"
    return f"{have:,}{total} bytes are in {part}; the same command resumes from there"


def receive(url: str, part: Path, have: int, expected: int | None) -> tuple[int, int]:
    """Append the bytes of `url` after the first `have` to `part`; all bytes if the server cannot resume.

    Returns the size of `part` and the size expected, which is the server's if `expected` is None.
    """
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        if error.headers.get("Content-Range") == f"bytes */{have}":  # nothing is missing
            return have, have
        raise Refused(
            f"{part} has {have:,} bytes, more than {url}; move it away and run this again"
        ) from None
    with answer:
        if answer.status != 206 or not answer.headers.get("Content-Range", "").startswith(
            f"bytes {have}-"
        ):
            have = 0
        if expected is None:
            expected = have + stated_size(url, answer)
        with (
            Progress(url.rpartition("/")[2], expected, have, megabytes) as shown,
            open(part, "ab" if have else "wb") as file,
        ):
            while have <= expected and (chunk := answer.read(AT_ONCE)):
                file.write(chunk)
                have += len(chunk)
                shown.at(have)
            file.flush()
            os.fsync(file.fileno())
    return have, expected


def megabytes(count: float) -> str:
    return f"{count / 1e6:,.1f} MB"


def stated_size(url: str, answer) -> int:
    """The bytes still to come, by the answer's Content-Length. Raises Refused if it has none."""
    stated = answer.headers.get("Content-Length", "")
    if not stated.isdecimal():
        raise Refused(
            f"{url}: expected the size of the file from the server, got Content-Length {stated!r}; "
            "bring the file by hand"
        )
    return int(stated)


@contextlib.contextmanager
def alone(lock: Path, wait: bool = False):
    """Hold a lock. If another process holds it, wait until it is free, or raise Busy."""
    with open(lock, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise Busy(
                f"another process is fetching this ({lock}); wait for it, or stop it"
            ) from None
        yield
