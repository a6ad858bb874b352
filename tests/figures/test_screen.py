"""What the commands of figures/ show: progress with the time left, what changed, and the totals last."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import fabricate
import pytest

from codist import progress
from figures import screen
from figures.__main__ import main
from figures.evidence.claim_table import every

HOME = Path(__file__).parents[2]
SLOW = """
import time
from codist import progress
progress.PRINT_SECONDS = 0.2
progress.DRAW_SECONDS = 0
for step in progress.progress("figures", range(10)):
    time.sleep(0.1)
print("drawn")
"""


def test_without_a_terminal_a_line_now_and_then_says_how_many_are_done_and_the_time_left():
    done = subprocess.run(
        [sys.executable, "-c", SLOW], cwd=HOME, capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert 2 <= len(lines) <= 5 and done.stdout == "drawn\n"
    assert all(re.fullmatch(r"figures: [1-9] of 10, [01] s left", line) for line in lines), lines


def test_the_time_left_is_that_of_the_work_of_this_run():
    # half was done before: 2 s for a fifth of the whole, 3 s for the rest
    shown = progress.Progress("set", total=10, begun=5)
    assert shown.line(7, shown.started + 2) == "set: 7 of 10, 3 s left"
    assert shown.line(5, shown.started + 2) == "set: 5 of 10"
    assert progress.Progress("set", None).line(7, 0) == "set: 7"


COMMANDS = {  # what each long command shows first, and the arguments of a short one
    "verdicts, scales": ("figures", "--ledger", "{out}", "--from", "{logs}"),
    "verdicts of the plan's runs": ("figures.evidence.beds",),
    "verdicts, seeds": ("figures.evidence.fresh",),
}


@pytest.mark.parametrize("what", COMMANDS)
def test_commands_that_read_all_results_show_their_progress(what, logs, tmp_path):
    """beds and fresh are stopped at their first line, since they write into paper/."""
    words = [word.format(out=tmp_path, logs=logs) for word in COMMANDS[what]]
    mine, theirs = pty.openpty()
    command = [sys.executable, "-m", *words]
    done = subprocess.Popen(command, cwd=HOME, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    shown = b""
    while what.encode() not in shown and (part := read(mine)):
        shown += part
    done.kill()
    done.wait()
    os.close(mine)
    assert f"{progress.CLEAR}{what}: 0 of " in shown.decode()


def test_on_a_terminal_one_line_is_rewritten_and_at_the_end_removed():
    mine, theirs = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-c", SLOW], cwd=HOME, stderr=theirs, stdout=subprocess.DEVNULL
    )
    os.close(theirs)
    shown = b""
    while part := read(mine):
        shown += part
    os.close(mine)
    assert done.wait() == 0
    steps = shown.decode().split(progress.CLEAR)
    assert steps[0] == "" and steps[-1] == "" and "\n" not in shown.decode()
    assert steps[1] == "figures: 0 of 10" and re.fullmatch(
        r"figures: 9 of 10, \d s left", steps[-2]
    )


def read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end was closed
        return b""


def test_files_are_counted_by_what_became_of_them(tmp_path):
    for name in "abc":
        (tmp_path / name).write_text(name)
    before = screen.digests([*tmp_path.iterdir(), tmp_path / "gone"])
    (tmp_path / "b").write_text("another")
    (tmp_path / "d").write_text("d")
    after = screen.digests(sorted(tmp_path.iterdir()))
    assert screen.changes(before, after) == "4 files, 2 unchanged, 1 new, 1 changed: b"
    for name in "0123456789":
        before |= {tmp_path / name: "old"}
        after |= {tmp_path / name: "new"}
    assert screen.changes(before, after).endswith("11 changed: b, 0, 1, 2, 3, 4 and 5 more")


@pytest.fixture(scope="module")
def logs(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("logs")
    fabricate.everything(root)
    return root


def test_the_ledger_is_summed_up_in_two_lines_with_the_totals_last(logs, tmp_path, capsys):
    for state in ("new", "unchanged"):
        assert main(["--ledger", str(tmp_path), "--from", str(logs)]) == 0
        files, totals = capsys.readouterr().out.splitlines()
        assert re.fullmatch(rf"claims +\S+claims.md {state}, \S+claims.json {state}", files)
        papers, ours = re.fullmatch(r"total +laptop scale: papers (.*); ours (.*)", totals).groups()
        theirs = sum(claim.kind == "paper" for claim in every())
        assert sum(map(int, re.findall(r"\d+", papers))) == theirs > 100
        assert sum(map(int, re.findall(r"\d+", ours))) == len([*every()]) - theirs


def test_make_repeats_no_command_that_it_runs(tmp_path):
    shutil.copy(HOME / "Makefile", tmp_path)
    shutil.copytree(HOME / "sweeps", tmp_path / "sweeps")
    done = subprocess.run(
        ["make", "--no-print-directory", "clean"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")
