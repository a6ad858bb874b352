"""Make a path unreadable for this process, even if it runs as root."""

import contextlib
import os
from pathlib import Path

NOBODY = 65534


@contextlib.contextmanager
def forbidden(path: Path):
    """Forbid reading and writing `path`; root becomes another user meanwhile.

    That user cannot enter a folder that only root may, such as pytest's, so `path` is relative: see
    `reached`.
    """
    mode, root = path.stat().st_mode, os.geteuid() == 0
    path.chmod(0)
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        path.chmod(mode)


def reached(folder: Path, monkeypatch) -> None:
    """Change to `folder`, so that every user reaches files below it by their relative paths."""
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
