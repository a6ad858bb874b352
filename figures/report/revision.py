"""The commit that the report is made from, and its date, for the first page."""

import subprocess

from figures import HOME


def revision() -> dict[str, str]:
    """{"commit": its first digits, "date": of the commit}; "unknown" in a copy without git.

    The date is not that of the build, so that two builds of a commit have equal bytes.
    """
    found = git("log", "-1", "--format=%h %cs")
    if not found:
        return {"commit": "unknown", "date": "date unknown"}
    commit, _, date = found.partition(" ")
    changed = git("status", "--porcelain", "--untracked-files=no")
    return {"commit": f"{commit}, with changes" if changed else commit, "date": date}


def git(*words: str) -> str:
    """What git prints; "" if there is no git, or no repository of ours."""
    if not (HOME / ".git").exists():
        return ""
    try:
        done = subprocess.run(["git", *words], cwd=HOME, capture_output=True, text=True)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
