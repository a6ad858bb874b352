"""python -m bench [NAME ...]: prints each ratio with its goal; absolute times are not results."""

import argparse
import math
import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # else children compile our sources at each start

BENCHES = (
    "update",
    "loading",
    "share",
    "memory",
    "startup",
    "network",
    "links",
    "figures",
    "outputs",
    "translation",
    "language",
    "clicks",
    "staleness",
    "files",
    "workers",
    "stacked",
)
ASKED_FOR = ("gpu", "kills")  # needs special hardware, or many minutes, so they run only by name


def line(
    what: str, ratio: float, note: str = "", *, at_least: float = 0.0, at_most: float = math.inf
) -> None:
    """Print a ratio with its goal, or with a note if it has none."""
    if at_least:
        note = f"at least {at_least:g}"
    elif at_most < math.inf:
        note = f"at most {at_most:g}"
    missed = ", missed" if not at_least <= ratio <= at_most else ""
    print(f"{what:<78} {ratio:6.3f}   {note}{missed}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split(": ")[1])
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"{', '.join(BENCHES)} (all of these); {', '.join(ASKED_FOR)}",
    )
    parser.add_argument(
        "--device",
        default="cuda",
        choices=("cuda", "cpu"),
        help="for gpu; cpu: a smoke test without results",
    )
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHES + ASKED_FOR]:
        sys.exit(
            f"no bench is called {', '.join(unknown)}; there is: {', '.join(BENCHES + ASKED_FOR)}"
        )
    for name in asked.names or BENCHES:
        module = __import__(f"bench.{name}", fromlist=["run"])
        print(f"\n{module.__doc__.splitlines()[0]}")
        module.run(line, asked.device) if name == "gpu" else module.run(line)


if __name__ == "__main__":
    main()
