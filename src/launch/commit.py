"""The commit of the code, and whether it is changed since."""

import subprocess
from pathlib import Path

from codist.run_folder import DIRTY


def commit() -> str:
    """Returns the commit of the code, with DIRTY if tracked files were changed.

    'unknown' outside a checkout or without git.
    """
    here = Path(__file__).parent
    asked = ["git", "describe", "--always", f"--dirty={DIRTY}", "--abbrev=10", "--exclude=*"]
    try:
        described = subprocess.run(asked, cwd=here, capture_output=True, text=True).stdout
    except OSError:  # no git on this machine
        described = ""
    return described.strip() or "unknown"
