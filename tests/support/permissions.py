"""A path that this process may not read or write, also where it is root, who otherwise may."""

import contextlib
import os
from pathlib import Path

NOBODY = 65534


@contextlib.contextmanager
def forbidden(path: Path):
    """`path` may not be read or written; root is another user meanwhile.

    That user reaches nothing below a folder of root's alone, as pytest's are: `path` is a relative
    one, see `reached`.
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
    """What is below `folder` is reached by every user, by its path relative to it."""
    folder.chmod(0o755)
    monkeypatch.chdir(folder)
