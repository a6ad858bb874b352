"""Figures, tables and claims, made from the logs of runs; nothing here trains or imports torch.

Of src/codist only light modules are used (run_folder, runlog, metrics, errors, run_identity). They are found
here even if `codist` is not installed.
"""

import sys
from pathlib import Path

HOME = Path(__file__).parents[1]
if str(HOME / "src") not in sys.path:
    sys.path.append(str(HOME / "src"))
