"""Redraw all figures and write their SHA-256s to paper/drawn.sha256: python -m figures.drawn."""

import tempfile
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from figures import network
from figures.__main__ import main as draw
from figures.ending import leave
from figures.evidence.join import RESULTS
from figures.evidence.manifest import DRAWN, digests, write


def drawn(results: Path) -> dict[str, str]:
    """Redraw all figures from `results` in a temporary folder: {name: SHA-256}, without texts."""
    with tempfile.TemporaryDirectory() as out, redirect_stdout(StringIO()):
        # a figure without a run prints a line and is skipped
        draw(["--all", "--from", str(results), "--out", out])
        network.main(Path(out))
        return {
            name: digest for name, digest in digests(Path(out)).items() if not name.endswith(".txt")
        }


def main() -> int:
    write(DRAWN, drawn(RESULTS))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
