"""Archives, unpacked without trust: only the members that sources.py names, whole, or nothing at all."""

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path

from codist.disk import sync_folder
from codist.errors import Refused
from workloads.sources import Archive, wrong

LEFT = 2**20  # bytes, at most, of a member that stays packed


def unpack(archive: Archive, packed: Path, folder: Path) -> None:
    """The archive's files in `folder`, each put there whole, once all of the archive turned out as expected."""
    fresh = folder.with_name(folder.name + ".part")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    try:
        with tarfile.open(packed, "r:gz") as tar:
            for member in tar:
                if expected(member, archive, fresh):
                    with (
                        tar.extractfile(member) as inside,
                        open(fresh / Path(member.name).name, "xb") as file,
                    ):
                        shutil.copyfileobj(inside, file)
                        file.flush()
                        os.fsync(file.fileno())
        for member, file in archive.members.items():
            if said := wrong(fresh / Path(member).name, file):
                raise Refused(f"{packed}: {member} {said}")
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


def expected(member: tarfile.TarInfo, archive: Archive, into: Path) -> bool:
    """Is `member` to be unpacked? Raises Refused, or tarfile's FilterError, where it should not be in the archive."""
    tarfile.data_filter(member, str(into))  # no way out of the folder, no link out of it, no device
    if member.isdir() and any(name.startswith(member.name + "/") for name in archive.members):
        return False
    if member.isreg() and member.name in archive.left and member.size <= LEFT:
        return False
    file = archive.members.get(member.name)
    if file is None or not member.isreg():
        raise Refused(
            f"{archive.name} has a member that it should not have, {member.name!r}; nothing was unpacked"
        )
    if member.size != file.bytes:
        raise Refused(
            f"{archive.name}: {member.name} has {member.size:,} bytes, not {file.bytes:,}; nothing was unpacked"
        )
    return True
