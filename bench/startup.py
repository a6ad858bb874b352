"""Start-up: --help, plan and a done run over a bare Hydra program here; minimum wall time."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BARE = """
import hydra
@hydra.main(version_base="1.3", config_path="conf", config_name="run")
def main(cfg): ...
main()
"""
TURNS = 7


def run(line) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        (Path(folder) / "conf").mkdir()
        (Path(folder) / "conf" / "run.yaml").write_text(
            "a: 1\nhydra: {output_subdir: null, run: {dir: .}}\n"
        )
        ours = str(ROOT / "src" / "run.py")
        commands = {
            "bare": [str(bare)],
            "bare --help": [str(bare), "--help"],
            "--help": [ours, "--help"],
            "plan": [ours, "plan", "sweep=fig2"],
            "run": [ours, "sweep=regularization", "arm=codist_fixed", "seed=1"],
        }
        best = dict.fromkeys(commands, float("inf"))
        for _ in range(TURNS):
            for name, command in commands.items():
                began = time.perf_counter()
                subprocess.run(
                    [sys.executable, *command],
                    cwd=folder if "bare" in name else ROOT,
                    check=True,
                    capture_output=True,
                )
                best[name] = min(best[name], time.perf_counter() - began)
    line(
        "--help over a bare Hydra program's --help", best["--help"] / best["bare --help"], at_most=2
    )
    line(
        "a run that is done over a bare Hydra program's run", best["run"] / best["bare"], at_most=2
    )
    line("plan sweep=fig2 (30 runs) over a bare Hydra program's run", best["plan"] / best["bare"])
