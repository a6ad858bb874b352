"""Start-up: --help, a done run, plan, status and -m over a bare Hydra program here; least CPU time.

Of the 0.38 s of `plan sweep=fig2` Python and Hydra's import take 0.11, our import with all options as
typed configs 0.06, the two sweeps that fig2 names 0.12, its 11 arms and 33 runs 0.05. Hydra composes
each sweep by itself. With -m it composes twice before it calls any sweeper, also in the bare program.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
BARE = """
import hydra
@hydra.main(version_base="1.3", config_path="conf", config_name="run")
def main(cfg): ...
main()
"""
TURNS = 7
ARM = ("sweep=regularization", "arm=codist_fixed")


def cpu_seconds(command: list[str], folder) -> float:
    """The CPU seconds of a command, started in `folder`."""
    # with our sources on the path, the bare program would load our plugin too
    elsewhere = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    before = children()
    subprocess.run(
        [sys.executable, *command], cwd=folder, env=elsewhere, check=True, capture_output=True
    )
    return children() - before


def children() -> float:
    """CPU seconds of the processes that ended; os.times() counts in steps of 0.01 s."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


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
            "bare -m": [str(bare), "-m", "a=1"],
            "--help": [ours, "--help"],
            "run": [ours, *ARM, "seed=1"],
            "-m": [ours, "-m", *ARM],
            "-m fig2": [ours, "-m", "sweep=fig2"],
            "plan": [ours, "plan", *ARM],
            "plan fig2": [ours, "plan", "sweep=fig2"],
            "status fig2": [ours, "status", "sweep=fig2"],
        }
        best = dict.fromkeys(commands, float("inf"))
        for _ in range(TURNS):
            for name, command in commands.items():
                best[name] = min(
                    best[name], cpu_seconds(command, folder if "bare" in name else ROOT)
                )
    bare_run = best["bare"]
    line("--help over a bare Hydra program's --help", best["--help"] / best["bare --help"], at_most=2)  # fmt: skip
    line("a run that is done over a bare Hydra program's run", best["run"] / bare_run, at_most=2)
    bare_sweep = best["bare -m"]
    line("-m of an arm that is done over a bare Hydra program's -m", best["-m"] / bare_sweep, at_most=2)  # fmt: skip
    line(
        "-m sweep=fig2, done, over a bare Hydra program's -m",
        best["-m fig2"] / bare_sweep,
        at_most=2,
    )
    line("plan of one arm over a bare Hydra program's run", best["plan"] / bare_run, at_most=2)
    line("plan sweep=fig2 over a bare Hydra program's run", best["plan fig2"] / bare_run, at_most=2)
    line(
        "status sweep=fig2 over a bare Hydra program's run",
        best["status fig2"] / bare_run,
        at_most=2,
    )
