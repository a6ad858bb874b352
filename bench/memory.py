"""Peak memory above the imports: n models codistilled in one process, over n processes with one model by hand each."""

import os
import subprocess
import sys

CASE = """
import resource, sys, torch
from bench import update
torch.set_num_threads(1)
update.network = lambda: update.SmallResNet(width=32, blocks=1, channels=1, classes=10)
kind, n = sys.argv[1], int(sys.argv[2])
x, y = torch.randn(512, 1, 16, 16), torch.randint(10, (512,))
update.by_hand(1, 0)(0, x[:8], y[:8])  # what a first update loads and compiles is no model's own
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
loop = update.by_hand(n, 0) if kind == "alone" else update.ours(n, kind)
for k in range(4):
    loop(k, x, y)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak(kind: str, n: int) -> float:
    """KiB; the least of three processes."""
    command = [sys.executable, "-c", CASE, kind, str(n)]
    # large tensors in mappings of their own, given back when freed: else what malloc keeps for
    # later is measured
    environment = os.environ | {
        "MALLOC_MMAP_THRESHOLD_": "65536",
        "MALLOC_TRIM_THRESHOLD_": "65536",
    }
    said = [
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        for _ in range(3)
    ]
    return min(float(one.stdout) for one in said)


def run(line) -> None:
    alone = peak("alone", 1)
    for n in (2, 4):
        line(
            f"n={n}: predictions over {n} models alone",
            peak("predictions", n) / (n * alone),
            at_most=1.05,
        )
        line(
            f"n={n}: checkpoints over {n} models alone",
            peak("checkpoints", n) / (n * alone),
            "one copy a model more",
        )
