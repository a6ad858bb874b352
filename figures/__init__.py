"""Figures, tables and claims of the papers, from the logs of our runs alone: nothing here trains or imports torch.

`codist.runlog` (how a run folder is laid out) is all that is used of src/, found here where
`codist` is not installed.
"""

import sys
from pathlib import Path

HOME = Path(__file__).parents[1]
if str(HOME / "src") not in sys.path:
    sys.path.append(str(HOME / "src"))
