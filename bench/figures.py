"""python -m figures --all on the results that ship, over a bare polars and matplotlib script of the same pictures."""

import os
import subprocess
import sys
import tempfile

ROOT = "paper/results"


def run(line) -> None:
    least = {}
    with tempfile.TemporaryDirectory() as out:
        commands = {
            "floor": ["bench/figures_floor.py", ROOT],
            "ours": ["-m", "figures", "--all", "--from", ROOT, "--out", out],
        }
        for _ in range(5):
            for name, command in commands.items():
                before = os.times()
                subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
                now = os.times()
                spent = now.children_user + now.children_system - before.children_user - before.children_system
                least[name] = min(spent, least.get(name, spent))
    line("figures --all over the bare script, CPU time, imports included", least["ours"] / least["floor"], "goal 1.3")
