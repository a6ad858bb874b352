"""Digests of the plan: seeds, tests and margins that were committed before the runs. Needs no torch."""

import hashlib
from pathlib import Path

PLAN = ("plan.yaml", "plan.csv")  # in paper/


def plan_digests(paper: Path) -> dict[str, str]:
    """The first digits of the SHA-256 of each file of the plan in the folder `paper`; {} without one."""
    files = [paper / name for name in PLAN if (paper / name).is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
