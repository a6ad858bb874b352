"""An exchange is one file and its sweep's yaml: those of docs/extend.md are planned, trained and placed on ranks."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import commands
import pytest
from small import state_of, weights

from codist import runlog
from workloads.digits.options import Digits

ROOT = Path(__file__).parents[2]
PART = (ROOT / "docs" / "extend.md").read_text().split("\n## An exchange\n")[1].split("\n## ")[0]
KIND, SWEEP = re.findall(r"```(?:yaml|python)\n(.*?)```", PART, re.DOTALL)
COMMANDS = re.findall(r"^(?:python|torchrun) .*$", PART, re.MULTILINE)
CODE, YAML = "src/codist/exchange/average.py", "sweeps/sweep/averaging.yaml"
RUN = "laptop/averaging/average_50/1"


def digests(home: Path) -> dict[str, str]:
    files = (path for path in home.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A copy of the tree, with the two files of the page and no other change."""
    home = tmp_path_factory.mktemp("home")
    for part in ("src", "sweeps", "slurm"):
        shutil.copytree(
            ROOT / part, home / part, ignore=shutil.ignore_patterns("onebox", "__pycache__")
        )
    before = digests(home)
    (home / CODE).write_text(KIND)
    (home / YAML).write_text(SWEEP)
    yield home
    kept = {name: digest for name, digest in digests(home).items() if not name.startswith("runs/")}
    changed = {name for name in before.keys() | kept.keys() if before.get(name) != kept.get(name)}
    assert changed == {CODE, YAML}


def typed(home: Path, command: str, *more: str) -> subprocess.CompletedProcess:
    """What a command of the page does there; what torchrun starts is started as it does."""
    how = {"cwd": home, "env": os.environ | {"PYTHONPATH": ""}}
    if ranks := re.fullmatch(r"torchrun --nproc-per-node (\d+) (.*)", command):
        started = commands.on_ranks(int(ranks[1]), *ranks[2].split(), *more, **how)
        first, *_ = [rank.end(code=0) for rank in started]
        return first
    return commands.typed(*command.removeprefix("python ").split(), *more, **how)


def test_the_plan_counts_its_bits_and_its_scale_shortens_its_period(home):
    """Periods 25 and 50 are 1 and 2 at laptop scale, so all or half of its 673 updates average."""
    planned = typed(home, COMMANDS[0])
    assert planned.returncode == 0, planned.stderr
    weight_bits = 32 * Digits(width=8, networks=["resnet8"]).parameters(0)
    for arm, averages in (("average_25", 673), ("average_50", 336)):
        assert re.search(
            rf"^averaging/{arm} .* 673 .* {averages * weight_bits:.2e} ".replace("+", r"\+"),
            planned.stdout,
            re.MULTILINE,
        ), planned.stdout


def test_one_process_and_two_ranks_end_with_the_same_average(home):
    """Four updates, two averages, the last one after the last update: all models are one, in both placements."""
    alone, ranks = (typed(home, command) for command in COMMANDS[1:])
    assert (alone.returncode, ranks.returncode) == (0, 0), alone.stderr + ranks.stderr
    states = [state_of(home / "runs" / folder / RUN) for folder in ("try", "ranks")]
    assert weights(states[0]) == weights(states[1])
    rows = [runlog.rows(home / "runs" / folder / RUN, 0)[-1] for folder in ("try", "ranks")]
    for row in rows:
        assert row["update"] == 4 and row["disagreement"] == 0
        assert row["sent_bits"] == 2 * 32 * Digits(width=8, networks=["resnet8"]).parameters(0)
    differ = {name for name in rows[0] if rows[0][name] != rows[1][name]}
    assert differ <= {"seconds", "cpu_seconds", "moved_exchange_bits", "moved_all_reduce_bits"}


def test_its_own_check_refuses_networks_that_differ(home):
    refused = typed(home, COMMANDS[0], "workload.networks=[resnet8,resnet14]")
    assert (refused.returncode, refused.stderr) == (
        2,
        "run.py: exchange.kind=average needs equal networks; set workload.networks to one\n",
    )


def test_its_options_need_no_torch(home):
    code = "import codist.exchange, sys; print('average' in codist.exchange.KINDS, 'torch' in sys.modules)"
    seen = subprocess.run(
        [sys.executable, "-c", code], cwd=home / "src", capture_output=True, text=True
    )
    assert seen.stdout == "True False\n", seen.stderr
