"""Write paper/claims.csv: the id, kind, test, arms and sentence of each claim.

python -m figures.evidence.claim_table. tests/figures/test_claim_table.py compares the file with the
figures, so a changed sentence, arm or margin shows as a changed line. `margin` is in the unit of
`metric`; for a ratio it is a factor (`times`, `below_times`, `sends`) or a share (`near_times`). A
claim with a test of its own lists the function's name. A test is Welch's unless it says `paired`
(Student's t, seed by seed) or `ranked` (rank-sum).
"""

import csv
import difflib
import os
import sys
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

from codist import errors
from figures import HOME
from figures.ending import leave
from figures.evidence.claim import Claim
from figures.evidence.margin import METHODS, of_finals
from figures.evidence.names import load

FILE = HOME / "paper" / "claims.csv"
HEAD = ("id", "kind", "test", "metric", "margin", "arms", "sentence")
HOW = "python -m figures.evidence.claim_table"


def text() -> str:
    """The table of all claims, each once, in the order of the figures."""
    lines = StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(HEAD)
    table.writerows(row(claim) for claim in every())
    return lines.getvalue()


def every() -> Iterator[Claim]:
    """Each claim once, under the figure of its id."""
    for name, module in load().items():
        yield from (claim for claim in module.CLAIMS if claim.id.startswith(f"{name}."))


def row(claim: Claim) -> tuple[str, ...]:
    return claim.id, claim.kind, *test_of(claim), " ".join(claim.needs), claim.sentence


def test_of(claim: Claim) -> tuple[str, str, str]:
    """(the test's name with its other options, the metric, the margin) of a claim."""
    called: Any = claim.test
    options: dict[str, Any] = {}
    if isinstance(called, partial):
        called, options = called.func, dict(called.keywords)
    if called is of_finals:
        called = options.pop("test")
    name = " ".join([called.__name__, *(how for how in METHODS if options.pop(how, False))])
    metric, margin = options.pop("y", ""), options.pop("by", "")
    more = ", ".join(f"{name}={value:.4g}" for name, value in options.items())
    return (f"{name}({more})" if more else name, metric, f"{margin:g}" if margin != "" else "")


def difference(path: Path = FILE) -> str:
    """Compare the committed table with the figures: a diff with advice, or "" if they agree."""
    old, new = path.read_text().splitlines(), text().splitlines()
    lines = list(
        difflib.unified_diff(old, new, os.path.relpath(path), "the figures", n=0, lineterm="")
    )
    advice = f"a claim differs from {os.path.relpath(path)}; if intended, {HOW} rewrites the file:"
    return "\n".join([advice, *lines]) if lines else ""


def main() -> int:
    try:
        FILE.write_text(text())
    except errors.Refused as error:
        print(error, file=sys.stderr)
        return 2
    print(os.path.relpath(FILE))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
