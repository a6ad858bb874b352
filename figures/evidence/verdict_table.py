"""paper/verdicts.csv: the verdict of each claim at each scale that evaluates it, for commands without figures.

`python src/run.py which` reads it. The verdicts are those of the README: by the plan's seeds, else
the twelve fresh ones, else the papers' three.
"""

import csv
from collections.abc import Mapping
from io import StringIO

from figures.evidence.findings import Finding

HEAD = ("id", "scale", "verdict", "gap", "n")


def text(found: Mapping[str, Finding]) -> str:
    lines = StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(HEAD)
    for key, one in found.items():
        for claim in one.on.values():
            table.writerow((key, claim.scale, claim.verdict, claim.measured, min(claim.n)))
    return lines.getvalue()
