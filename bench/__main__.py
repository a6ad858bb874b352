"""python -m bench [NAME ...]: each ratio beside its goal; seconds are never a result."""

import argparse
import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

BENCHES = ("update", "loading", "share", "memory", "startup", "network", "figures", "translation")
ASKED_FOR = ("gpu",)  # what not every machine has is run only by its name


def line(what: str, ratio: float, goal: str) -> None:
    """goal: "at least 0.9", "at most 1.05", or a word on the ratio."""
    bound, _, wanted = goal.rpartition(" ")
    missed = (bound == "at least" and ratio < float(wanted)) or (bound == "at most" and ratio > float(wanted))
    print(f"{what:<78} {ratio:6.3f}   {goal}{', missed' if missed else ''}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.split(": ")[1])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(BENCHES)} (all of these); {ASKED_FOR[0]}")
    parser.add_argument(
        "--device", default="cuda", choices=("cuda", "cpu"), help="of gpu; cpu: only try whether it runs"
    )
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in BENCHES + ASKED_FOR]:
        sys.exit(f"no bench is called {', '.join(unknown)}; there is: {', '.join(BENCHES + ASKED_FOR)}")
    for name in asked.names or BENCHES:
        module = __import__(f"bench.{name}", fromlist=["run"])
        print(f"\n{module.__doc__.splitlines()[0]}")
        module.run(line, asked.device) if name == "gpu" else module.run(line)


if __name__ == "__main__":
    main()
