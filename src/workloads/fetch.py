"""Download a data set: PYTHONPATH=src python -m workloads.fetch cifar10. Needs no torch.

Interrupted downloads are resumed, and existing files are not fetched again. An archive with a wrong
checksum is never unpacked, and runs never see partial files. Without a network, put the archive into
the data folder by hand and run the same command.
"""

import argparse
import contextlib
import fcntl
import http.client
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from codist.disk import sync_folder
from codist.errors import Busy, Refused, nearest
from workloads.checkout import add_data
from workloads.ending import ending
from workloads.files import irregular
from workloads.sources import SOURCES, Archive, wrong
from workloads.unpack import unpack

AT_ONCE = 2**20  # bytes
PATIENCE = 60  # seconds without data from the server


def fetch(name: str, archive: Archive, data: Path) -> bool:
    """Put the archive's files into <data>/<name>. Returns False if they were there already.

    Raises Refused if the network fails, or the archive or an existing file is not as expected.
    """
    folder = data / name
    if not any(wrong(folder / Path(member).name, file) for member, file in archive.members.items()):
        return False
    refuse_other_kinds(
        folders=[data, folder], files=[folder / Path(name).name for name in archive.members]
    )
    data.mkdir(parents=True, exist_ok=True)
    with alone(data / f".{name}.lock"):
        unpack(archive, bring(archive, data), folder)
    return True


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
    """Download the archive to `packed` and verify it; <packed>.part holds a partial one, to be resumed."""
    part, expected = packed.with_name(packed.name + ".part"), archive.file.bytes
    refuse_other_kinds(files=[part])
    have = part.stat().st_size if part.exists() else 0
    try:
        if have < expected:
            have = receive(archive.url, part, have, expected)
    except (OSError, http.client.HTTPException) as error:  # urllib's errors are OSErrors
        why = error.reason if type(error) is urllib.error.URLError else error
        have = part.stat().st_size if part.exists() else 0
        raise Refused(f"{archive.url}: {why}; {kept(have, expected, part)}") from None
    if have < expected:
        raise Refused(f"{archive.url}: the connection ended; {kept(have, expected, part)}")
    if problem := wrong(part, archive.file):
        aside = packed.with_name(packed.name + ".wrong")
        os.replace(part, aside)
        raise Refused(
            f"the download from {archive.url} {problem}; it is put aside as {aside}, and not unpacked"
        )
    os.replace(part, packed)
    sync_folder(packed.parent)


def kept(have: int, expected: int, part: Path) -> str:
    if not have:
        return f"got 0 of {expected:,} bytes; the same command tries again"
    return f"{have:,} of {expected:,} bytes are in {part}; the same command resumes from there"


def receive(url: str, part: Path, have: int, expected: int) -> int:
    """Append the bytes of `url` after the first `have` to `part`; all bytes if the server cannot resume.

    Returns the size of `part`.
    """
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        if answer.status != 206 or not answer.headers.get("Content-Range", "").startswith(
            f"bytes {have}-"
        ):
            have = 0
        columns = (
            "{task.description}",
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
            TimeRemainingColumn(),
        )
        console = Console(stderr=True)
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            shown = bar.add_task(url.rpartition("/")[2], total=expected, completed=have)
            with open(part, "ab" if have else "wb") as file:
                while have <= expected and (chunk := answer.read(AT_ONCE)):
                    file.write(chunk)
                    have += len(chunk)
                    bar.update(shown, completed=have)
                file.flush()
                os.fsync(file.fileno())
    return have


@contextlib.contextmanager
def alone(lock: Path):
    """Hold a lock; raises Busy if another process holds it."""
    with open(lock, "a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another process is fetching this ({lock}); wait for it, or stop it"
            ) from None
        yield


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m workloads.fetch", description="Download a data set."
    )
    parser.add_argument("name", help=f"one of {', '.join(SOURCES)}")
    add_data(parser)
    return ending("fetch", lambda: fetched(parser.parse_args()))


def fetched(arguments) -> str:
    if arguments.name not in SOURCES:
        raise Refused(
            f"{arguments.name} is not a data set that can be fetched; {nearest(arguments.name, SOURCES)}"
        )
    done = fetch(arguments.name, SOURCES[arguments.name], arguments.data)
    return f"{arguments.data / arguments.name} {'is ready' if done else 'was there already'}"


if __name__ == "__main__":
    sys.exit(main())
