"""python -m bench [NAME ...]: each ratio beside its goal; seconds are never a result."""

import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

BENCHES = ("update", "loading", "share", "memory", "startup", "network", "figures")


def line(what: str, ratio: float, goal: str) -> None:
    print(f"{what:<78} {ratio:6.3f}   {goal}", flush=True)


def main() -> None:
    asked = sys.argv[1:] or BENCHES
    if unknown := [name for name in asked if name not in BENCHES]:
        sys.exit(f"no bench is called {', '.join(unknown)}; there is: {', '.join(BENCHES)}")
    for name in asked:
        module = __import__(f"bench.{name}", fromlist=["run"])
        print(f"\n{module.__doc__.splitlines()[0]}")
        module.run(line)


if __name__ == "__main__":
    main()
