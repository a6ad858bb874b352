"""python -m workloads.prepare: its output, how it is stopped, and its errors of one line."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from corpora import SOURCE, catalogue, locale, said


def command(*arguments: str, folder: Path) -> tuple[int, str, str]:
    ended = subprocess.run(
        [sys.executable, "-m", "workloads.prepare", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": SOURCE},
        capture_output=True,
        text=True,
    )
    return ended.returncode, ended.stdout, ended.stderr


def test_the_command_prepares_once_and_says_what_there_is(tmp_path):
    locale(tmp_path / "locale")
    for told in ("is ready", "was there already"):
        code, out, err = command(
            "catalogues", "--data", "here", "--locale", "locale", folder=tmp_path
        )
        assert (code, err) == (0, "") and f"{told}: train 37, valid 2, test 2 pairs" in out
    assert len(list(tmp_path.glob("here/catalogues/*prepared-*"))) == 1


def test_ctrl_c_stops_all_its_processes_in_one_line(tmp_path):
    pairs = dict(said(i)[::-1] for i in range(5000))
    for name in ("git", "apt", "sed"):
        catalogue(tmp_path / "locale" / "de" / "LC_MESSAGES" / f"{name}.mo", pairs)
    asked = [
        sys.executable,
        "-m",
        "workloads.prepare",
        "catalogues",
        "--data",
        "data",
        "--locale",
        "locale",
        "--processes",
        "2",
    ]
    process = subprocess.Popen(
        asked,
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": SOURCE},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not [
        path
        for path in tmp_path.glob("data/catalogues/.prepared-*/raw/.train.de.tok.new")
        if path.stat().st_size
    ]:
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.001)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    try:
        assert (
            process.communicate(timeout=20)[1]
            == "\nprepare: stopped; the same command resumes from there\n"
        )
    finally:
        process.kill()
    assert process.returncode == 130


@pytest.mark.parametrize("place", ["data", "data/iwslt14"])
def test_a_folder_that_is_a_dangling_link_is_refused_in_one_line(tmp_path, place):
    (path := tmp_path / place).parent.mkdir(exist_ok=True)
    path.symlink_to("nowhere")
    code, out, err = command("iwslt14", "--data", "data", folder=tmp_path)
    told = f"prepare: {place}: expected a folder, got a dangling link; move it away and run this again\n"
    assert (code, out, err) == (2, "", told)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["iwslt"], "did you mean iwslt14?"),
        (["wmt16", "--processes", "0"], "--processes must be 1 or more, got 0"),
        (["wmt16", "--locale", "x"], "--locale is for catalogues"),
        (["catalogues", "--locale", "."], "de/LC_MESSAGES has no message catalogues"),
        (["iwslt14"], "data/iwslt14/de-en.tgz has 4 bytes, not 19,982,877; move it away"),
    ],
)
def test_mistakes_are_one_line(tmp_path, arguments, told):
    (tmp_path / "data" / "iwslt14").mkdir(parents=True)
    (tmp_path / "data" / "iwslt14" / "de-en.tgz").write_text("none")
    code, out, err = command(*arguments, "--data", "data", folder=tmp_path)
    assert (code, out) == (2, "") and told in err and len(err.splitlines()) == 1
