"""Safe unpacking of untrusted archives: exactly the members listed in sources.py, or nothing."""

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path

from codist.disk import sync_folder
from codist.errors import Refused
from workloads.sources import Archive, wrong

LEFT = 2**20  # maximum bytes of a member that is not unpacked


def unpack(archive: Archive, packed: Path, folder: Path) -> None:
    """Move the archive's files into `folder`, once the whole archive was unpacked and verified."""
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        with tarfile.open(packed, "r:gz") as tar:
            for member in tar:
                if expected(member, archive):
                    with (
                        tar.extractfile(member) as inside,
                        open(fresh / Path(member.name).name, "xb") as file,
                    ):
                        shutil.copyfileobj(inside, file)
                        file.flush()
                        os.fsync(file.fileno())
        for member, file in archive.members.items():
            if problem := wrong(fresh / Path(member).name, file):
                raise Refused(f"{packed}: {member} {problem}")
        folder.mkdir(exist_ok=True)
        for member in archive.members:
            os.replace(fresh / Path(member).name, folder / Path(member).name)
        sync_folder(folder)
    except FileExistsError as error:
        raise Refused(f"{packed} has {Path(error.filename).name} twice") from None
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Refused(
            f"{packed} cannot be unpacked: {error}; move it away and run this again"
        ) from None
    finally:
        shutil.rmtree(fresh)


def expected(member: tarfile.TarInfo, archive: Archive) -> bool:
    """True if `member` is to be unpacked: a regular file of exactly a listed name, so nothing else is written.

    Raises Refused if the archive should not contain it.
    """
    if member.isdir() and any(name.startswith(member.name + "/") for name in archive.members):
        return False
    if member.isreg() and member.name in archive.left and member.size <= LEFT:
        return False
    file = archive.members.get(member.name)
    if file is None or not member.isreg():
        raise Refused(
            f"{archive.name} has an unexpected member, {member.name!r}; nothing was unpacked"
        )
    if member.size != file.bytes:
        raise Refused(
            f"{archive.name}: {member.name} has {member.size:,} bytes, not {file.bytes:,}; nothing was unpacked"
        )
    return True
