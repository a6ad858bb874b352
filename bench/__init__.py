"""Benchmarks of codistillation: ratios of loops run in turn on one thread. python -m bench, make bench."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "src"))
