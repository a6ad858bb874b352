"""The WET files of a crawl: listed in wet.paths.gz, downloaded, and the same at every call.

No checksums are published. The SHA-256 of each file is recorded when it is first there, and compared
whenever the command runs again.
"""

import gzip
import json
import re
import zlib
from pathlib import Path

from codist.disk import write_atomically
from codist.errors import Refused
from codist.progress import progress
from workloads.download import bring, refuse_other_kinds
from workloads.sources import Archive, File, digest

MOST = 2**26  # maximum bytes of the list, unpacked; a crawl of 2016 listed 30,374 files
PLACE = re.compile(r"crawl-data/[\w.-]+/segments/[\w.-]+/wet/([\w-]+\.warc\.wet\.gz)", re.ASCII)
DIGESTS = "digests.json"


def brought(home: Path, listed: Archive, count: int | None) -> tuple[list[Path], dict[str, str]]:
    """The first `count` files of the list, downloaded unless they are in <home>/wet, and their SHA-256."""
    if count is None:
        raise Refused(
            "expected --files, the number of WET files to prepare; 1,500, or 240 GB, may have what a run of "
            "scale=paper reads (our guess)"
        )
    places = places_of(bring(listed, home))
    if not 1 <= count <= len(places):
        raise Refused(f"--files must be 1 to {len(places):,}, got {count}")
    folder = home / "wet"
    refuse_other_kinds(folders=[folder], files=[home / DIGESTS])
    folder.mkdir(exist_ok=True)
    recorded = digests(home / DIGESTS)
    server = listed.url.partition("crawl-data/")[0]
    paths = []
    for place in progress("bring WET files", places[:count]):
        path = bring(Archive(server + place, File(None)), folder)
        found = digest(path, "sha256", path.stat().st_mtime_ns)
        if recorded.setdefault(path.name, found) != found:
            raise Refused(
                f"{path} has another SHA-256 than the one in {home / DIGESTS}; move the file away and run this again"
            )
        write_atomically(home / DIGESTS, json.dumps(recorded, indent=1) + "\n")
        paths.append(path)
    return paths, {path.name: recorded[path.name] for path in paths}


def places_of(path: Path) -> list[str]:
    """The paths in wet.paths.gz, a line each. Raises Refused if it is not such a list."""
    try:
        with gzip.open(path) as file:
            text = file.read(MOST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Refused(
            f"{path} cannot be unpacked: {error}; move it away and run this again"
        ) from None
    if len(text) > MOST:
        raise Refused(f"{path}: expected at most {MOST:,} bytes, got more; move it away")
    places = text.decode("ascii", "backslashreplace").split()
    names = set()
    for n, place in enumerate(places, 1):
        if not (found := PLACE.fullmatch(place)) or found[1] in names:
            raise Refused(
                f"{path} line {n}: expected the path of another .warc.wet.gz file, got {place[:100]}; "
                "move the list away and run this again"
            )
        names.add(found[1])
    return places


def digests(path: Path) -> dict[str, str]:
    """The recorded SHA-256 by file name. Raises Refused if the record is damaged."""
    try:
        found = json.loads(path.read_text("utf-8")) if path.exists() else {}
    except ValueError as error:
        raise Refused(f"{path} is no record of checksums: {error}; move it away") from None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise Refused(f"{path} is no record of checksums; move it away and run this again")
    return found
