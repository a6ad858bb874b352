"""Digests of the plan: seeds, tests and margins that were committed before the runs. Needs no torch."""

import hashlib
import re
from pathlib import Path
from typing import NamedTuple

NAME = re.compile(r"plan(\d*)\.(?:yaml|csv)")


class Round(NamedTuple):
    """The files of one round of the plan: plan.yaml and plan.csv, then plan2.yaml and plan2.csv, ..."""

    seeds: Path  # and reasons for margins
    claims: Path  # as they were before the runs

    @property
    def name(self) -> str:
        return self.seeds.stem


def rounds(paper: Path) -> list[Round]:
    """The rounds in the folder `paper`, the first one first; of a round one file may be missing."""
    found = {int(m[1] or 1): path for path in paper.glob("*") if (m := NAME.fullmatch(path.name))}
    return [
        Round(path.with_suffix(".yaml"), path.with_suffix(".csv"))
        for _, path in sorted(found.items())
    ]


def plan_digests(paper: Path) -> dict[str, str]:
    """The first digits of the SHA-256 of each file of the plan in the folder `paper`; {} without one.

    A run records those of all rounds that were there, and is judged by those of its own round.
    """
    files = [path for of in rounds(paper) for path in of if path.is_file()]
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in files}
