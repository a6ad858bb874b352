"""Write SHA-256s of committed results: python -m figures.evidence.manifest.

The lists have sha256sum's format:
- paper/results.sha256: every file in paper/results;
  to check: cd paper/results && sha256sum --check ../results.sha256
- paper/fresh.sha256: every file in paper/fresh
- paper/planned.sha256: the packed runs of the plan in paper/planned
- paper/drawn.sha256: every picture and table that make figures draws (figures/drawn.py)
"""

import hashlib
import os
from pathlib import Path

from figures import HOME
from figures.ending import leave
from figures.evidence import fresh, planned
from figures.evidence.consistency import Unreadable

RESULTS, FRESH, PLANNED, DRAWN = (
    HOME / "paper" / f"{name}.sha256" for name in ("results", "fresh", "planned", "drawn")
)


def digests(folder: Path) -> dict[str, str]:
    """{path within `folder`: SHA-256} of every file, sorted by path."""
    paths = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    return {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}


def write(path: Path, found: dict[str, str]) -> None:
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()))


def read(path: Path) -> dict[str, str]:
    """Read {name: SHA-256}. Raises Unreadable if `path` is missing or not such a list."""
    if not path.exists():
        raise Unreadable(
            f"{os.path.relpath(path)} is not there; make ship and make readme write such lists"
        )
    lines = [line.split("  ", 1) for line in path.read_text().splitlines()]
    if not all(len(line) == 2 and len(line[0]) == 64 for line in lines):
        raise Unreadable(
            f"{os.path.relpath(path)} is damaged: expected lines of a SHA-256 and a name; "
            "restore or rewrite it"
        )
    return {name: digest for digest, name in lines}


def stale(path: Path, found: dict[str, str]) -> list[str]:
    """Compare `found` with the list in `path`: one line per file that differs."""
    listed, where = read(path), os.path.relpath(path)
    lines = []
    for name in sorted(found.keys() | listed.keys()):
        if name not in listed:
            lines.append(f"{name} is not in {where}")
        elif name not in found:
            lines.append(f"{name} is gone, and in {where}")
        elif found[name] != listed[name]:
            lines.append(f"{name} is another than in {where}")
    return lines


def main() -> int:
    write(RESULTS, digests(HOME / "paper" / "results"))
    write(FRESH, digests(fresh.RUNS))
    write(PLANNED, digests(planned.runs()))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
