"""SHA-256s of committed files, in sha256sum's format: python -m figures.evidence.manifest results | drawn.

paper/results.sha256: of every file in paper/results; cd paper/results && sha256sum --check
../results.sha256 paper/fresh.sha256: the same of paper/fresh paper/drawn.sha256: of every picture
and table that make figures draws from them; not of the texts beside these
"""

import hashlib
import os
import sys
import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from figures import HOME
from figures.evidence import fresh
from figures.evidence.consistency import Unreadable

RESULTS, FRESH, DRAWN = (
    HOME / "paper" / f"{name}.sha256" for name in ("results", "fresh", "drawn")
)


def digests(folder: Path) -> dict[str, str]:
    """{path within `folder`: SHA-256} of every file in it, in order."""
    paths = sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )
    return {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}


def write(path: Path, found: dict[str, str]) -> None:
    path.write_text("".join(f"{digest}  {name}\n" for name, digest in found.items()))


def read(path: Path) -> dict[str, str]:
    """Raises Unreadable where `path` is not there or no list of SHA-256s."""
    if not path.exists():
        raise Unreadable(
            f"{os.path.relpath(path)} is not there; make ship and make readme write such lists"
        )
    lines = [line.split("  ", 1) for line in path.read_text().splitlines()]
    if not all(len(line) == 2 and len(line[0]) == 64 for line in lines):
        raise Unreadable(f"{os.path.relpath(path)} is damaged; restore or rewrite it")
    return {name: digest for digest, name in lines}


def stale(path: Path, found: dict[str, str]) -> list[str]:
    """What `found` and the list in `path` disagree on, a line a file."""
    listed, where = read(path), os.path.relpath(path)
    told = []
    for name in sorted(found.keys() | listed.keys()):
        if name not in listed:
            told.append(f"{name} is not in {where}")
        elif name not in found:
            told.append(f"{name} is gone, and in {where}")
        elif found[name] != listed[name]:
            told.append(f"{name} is another than in {where}")
    return told


def drawn(results: Path) -> dict[str, str]:
    """{name: SHA-256} of all that make figures draws of `results`, redrawn and thrown away."""
    from figures import network
    from figures.__main__ import main as draw

    with tempfile.TemporaryDirectory() as out, redirect_stdout(StringIO()):
        # of a figure without a run it only says so
        draw(["--all", "--from", str(results), "--out", out])
        network.main(Path(out))
        return {
            name: digest for name, digest in digests(Path(out)).items() if not name.endswith(".txt")
        }


def main() -> int:
    results = HOME / "paper" / "results"
    if sys.argv[1:] == ["results"]:
        write(RESULTS, digests(results))
        write(FRESH, digests(fresh.RUNS))
    elif sys.argv[1:] == ["drawn"]:
        write(DRAWN, drawn(results))
    else:
        print("python -m figures.evidence.manifest results, or drawn", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
