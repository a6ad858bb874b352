"""CPU time of python -m figures on the shipped results, over a bare script that draws the same five."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from codist.unpacked import unpacked

ROOT = "paper/results"
SHOWN = ("fig1", "fig2", "fig7", "fig11", "table1")  # as figures_floor.py draws them


def run(line) -> None:
    least = {}
    folders = str(unpacked(Path(ROOT)))  # the bare script reads run folders
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "floor": ["bench/figures_floor.py", folders],
            "ours": ["-m", "figures", *SHOWN, "--from", ROOT, "--out", out],
        }
        for _ in range(5):
            for name, command in commands.items():
                before = os.times()
                subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
                now = os.times()
                spent = (
                    now.children_user
                    + now.children_system
                    - before.children_user
                    - before.children_system
                )
                least[name] = min(spent, least.get(name, spent))
    line(
        f"{' '.join(SHOWN)} over the bare script, CPU time",
        least["ours"] / least["floor"],
        at_most=1.3,
    )
