"""Write the metrics table of docs/run_folder.md: python -m figures.evidence.metric_table."""

import sys

from codist.metrics import METRICS
from figures import HOME
from figures.ending import leave
from figures.evidence.consistency import Unreadable
from figures.evidence.summary import put

PAGE = HOME / "docs" / "run_folder.md"
HOW = "python -m figures.evidence.metric_table"


def text() -> str:
    lines = ["| metric | unit | better | file | meaning |", "|---|---|---|---|---|"]
    lines += [
        f"| `{one.name}` | {one.unit} | {one.better} | `{one.file}` | {one.meaning} |"
        for one in METRICS
    ]
    return "\n".join(lines)


def main() -> int:
    try:
        put(text(), PAGE, "metrics")
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    print(PAGE.relative_to(HOME))
    return 0


if __name__ == "__main__":
    leave(main, arguments=False)
