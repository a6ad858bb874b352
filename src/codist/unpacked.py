"""Where the run folders of a root are: in it, or unpacked beside it at the first use. Needs no torch."""

import functools
import hashlib
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from codist import packed
from codist.errors import Refused

CACHE = ".unpacked"  # beside a packed root

roots: dict[Path, Path] = {}  # {folder where runs of a root were unpacked: the root}


def unpacked(root: Path, wanted: Collection[tuple[str, str]] | None = None) -> Path:
    """The folder with the run folders of `root`: itself, or the place where it is unpacked.

    A packed root is unpacked beside it at the first use, and again when it changes; where that
    folder cannot be written, into the system's temporary folder. Raises Refused as packed_alone.

    wanted: the (scale, sweep) that will be read, since unpacking all takes seconds; None: all. The
            folder has no others.
    """
    files = [
        path
        for path in packed_alone(root)
        if wanted is None or packed.sweep_of(path).relative_to(root).parts in wanted
    ]
    if not files:
        return root
    key = digest(tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files))
    here = root.resolve().parent / CACHE
    if not os.access(here if here.exists() else here.parent, os.W_OK):
        here = Path(tempfile.gettempdir()) / f"{CACHE}-{os.getuid()}"
    place = here / f"{root.resolve().name}-{key[:16]}"
    for sweep in packed.sweeps_of(files):
        if not (there := place / sweep.relative_to(root)).exists():
            unpack_whole(sweep, there, here)
    roots[place] = root
    return place


def packed_alone(root: Path) -> list[Path]:
    """The packed files in `root`. Raises Refused if there are run folders too: one of the two would not be read."""
    files = packed.files(root)
    if files and (beside := sorted(path for path in root.glob("*/*/*/*") if path.is_dir())):
        raise Refused(
            f"{root} has packed runs and {len(beside)} run folders, the first {beside[0].relative_to(root)}; "
            f"move these away, or pack them too (python -m launch.pack pack {root} {root}) and remove them"
        )
    return files


@functools.cache
def digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    """The SHA-256 of (path, bytes, time of change) of packed files, of names and contents: read once a process."""
    key = hashlib.sha256()
    for path, *_ in files:
        key.update(path.name.encode() + path.read_bytes())
    return key.hexdigest()


def unpack_whole(sweep: Path, folder: Path, here: Path) -> None:
    """Unpack a sweep so that `folder` appears complete or not at all. here: for its first state."""
    here.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=here))
    try:
        packed.unpack_sweep(sweep, fresh / sweep.name)
        folder.parent.mkdir(parents=True, exist_ok=True)
        os.rename(fresh / sweep.name, folder)
    except OSError:
        if not folder.exists():  # else another process was faster
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def name_of(folder: Path) -> Path:
    """A run folder under its root, for lists and messages: paper/results/laptop/..., though unpacked."""
    text = str(folder)
    for place, root in roots.items():
        if text.startswith(f"{place}{os.sep}"):
            return root / text[len(str(place)) + 1 :]
    return folder
