"""Peak memory above imports: n models codistilled in one process, over n bare single-model processes."""

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
update.by_hand(1, 0)(0, x[:8], y[:8])  # excludes one-time costs of the first update
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
loop = update.by_hand(n, 0) if kind == "independent" else update.ours(n, kind)
for k in range(4):
    loop(k, x, y)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def peak(kind: str, n: int) -> float:
    """Peak memory in KiB, the minimum of three processes."""
    command = [sys.executable, "-c", CASE, kind, str(n)]
    # large tensors get their own mappings, unmapped when freed; else malloc's caches are measured
    environment = os.environ | {
        "MALLOC_MMAP_THRESHOLD_": "65536",
        "MALLOC_TRIM_THRESHOLD_": "65536",
    }
    finished = [
        subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        for _ in range(3)
    ]
    return min(float(one.stdout) for one in finished)


def run(line) -> None:
    independent = peak("independent", 1)
    for n in (2, 4):
        line(
            f"n={n}: predictions over {n} independent models",
            peak("predictions", n) / (n * independent),
            at_most=1.05,
        )
        line(
            f"n={n}: checkpoints over {n} independent models",
            peak("checkpoints", n) / (n * independent),
            "one copy a model more",
        )
