"""Count lines of code above 100 columns, and lines exempt from the formatter.

python tests/support/line_lengths.py, from the root; exits with 1 if more than 3 % are longer.
"""

import sys
from pathlib import Path

COLUMNS, MOST = 100, 0.03
ROOMS = ("src", "figures", "tests", "bench")


def main() -> None:
    paths = [path for room in ROOMS for path in sorted(Path(room).rglob("*.py"))]
    lines = [line for path in paths for line in path.read_text().splitlines()]
    long = sum(len(line) > COLUMNS for line in lines)
    exempt = sum(line.endswith("# fmt: skip") for line in lines)
    print(f"{len(lines)} lines: {long / len(lines):.1%} above {COLUMNS} columns; {exempt} exempt")
    if long > MOST * len(lines):
        sys.exit(f"expected at most {MOST:.0%} above {COLUMNS} columns; wrap the longest")


if __name__ == "__main__":
    main()
