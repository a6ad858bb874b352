"""Bring a data set to the disk: PYTHONPATH=src python -m workloads.fetch cifar10 --data data. Needs no torch.

An interrupted download goes on where it was; what is there already is not fetched again; an archive
that is not the published one is never unpacked, and nothing half-written stands where a run would
look. Without a network, put the archive into the data folder by hand, then run the same command.
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
from workloads.ending import ending
from workloads.files import irregular
from workloads.sources import SOURCES, Archive, wrong
from workloads.unpack import unpack

AT_ONCE = 2**20  # bytes
PATIENCE = 60  # seconds for a server that says nothing


def fetch(name: str, archive: Archive, data: Path) -> bool:
    """Have the archive's files in <data>/<name>. Gives False where they were there.

    Raises Refused where the network, the archive or what is there already is not as it should be.
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
    """Where the archive is in `home`, checked: put there by hand, or downloaded now."""
    packed = home / archive.name
    if not packed.exists():
        download(archive, packed)
    elif said := wrong(packed, archive.file):
        raise Refused(f"{packed} {said}; move it away and run this again")
    return packed


def refuse_other_kinds(folders: Iterable[Path] = (), files: Iterable[Path] = ()) -> None:
    """Raises Refused where something of another kind, or a dangling link, is where a folder or a file is to be.

    A folder cannot be replaced by a file, and whatever is written to a FIFO waits for somebody to
    read it.
    """
    for path in folders:
        if os.path.lexists(path) and not path.is_dir():
            got = irregular(path) or "a file"
            raise Refused(f"{path}: expected a folder, got {got}; move it away and run this again")
    for path in files:
        if os.path.lexists(path) and (what := irregular(path)):
            raise Refused(f"{path}: expected a file, got {what}; move it away and run this again")


def download(archive: Archive, packed: Path) -> None:
    """The archive, checked, at `packed`; until then it is <packed>.part, which a later call goes on with."""
    part, wanted = packed.with_name(packed.name + ".part"), archive.file.bytes
    refuse_other_kinds(files=[part])
    have = part.stat().st_size if part.exists() else 0
    try:
        if have < wanted:
            have = receive(archive.url, part, have, wanted)
    except (OSError, http.client.HTTPException) as error:  # urllib's errors are OSErrors
        why = error.reason if type(error) is urllib.error.URLError else error
        have = part.stat().st_size if part.exists() else 0
        raise Refused(f"{archive.url}: {why}; {kept(have, wanted, part)}") from None
    if have < wanted:
        raise Refused(f"{archive.url}: the connection ended; {kept(have, wanted, part)}")
    if said := wrong(part, archive.file):
        aside = packed.with_name(packed.name + ".wrong")
        os.replace(part, aside)
        raise Refused(
            f"what came from {archive.url} {said}; it is put aside as {aside}, and not unpacked"
        )
    os.replace(part, packed)
    sync_folder(packed.parent)


def kept(have: int, wanted: int, part: Path) -> str:
    if not have:
        return f"nothing came of {wanted:,} bytes; the same command tries again"
    return f"{have:,} of {wanted:,} bytes are in {part}, and the same command goes on from there"


def receive(url: str, part: Path, have: int, wanted: int) -> int:
    """Bytes of `url` behind the `have` ones of `part`, or all of them where the server cannot begin there."""
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
            shown = bar.add_task(url.rpartition("/")[2], total=wanted, completed=have)
            with open(part, "ab" if have else "wb") as file:
                while have <= wanted and (chunk := answer.read(AT_ONCE)):
                    file.write(chunk)
                    have += len(chunk)
                    bar.update(shown, completed=have)
                file.flush()
                os.fsync(file.fileno())
    return have


@contextlib.contextmanager
def alone(lock: Path):
    """One process at a time. Raises Busy where another is at it."""
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
        prog="python -m workloads.fetch", description="Bring a data set to the disk."
    )
    parser.add_argument("name", help=f"one of {', '.join(SOURCES)}")
    parser.add_argument(
        "--data", type=Path, default=Path("data"), help="the folder of place.data (default: data)"
    )
    return ending("fetch", lambda: fetched(parser.parse_args()))


def fetched(asked) -> str:
    if asked.name not in SOURCES:
        raise Refused(
            f"{asked.name} is not a data set that can be fetched; {nearest(asked.name, SOURCES)}"
        )
    done = fetch(asked.name, SOURCES[asked.name], asked.data)
    return f"{asked.data / asked.name} {'is ready' if done else 'was there already'}"


if __name__ == "__main__":
    sys.exit(main())
