"""The disk of a group's own folder is full for a while: training continues, or stops with one line and resumes."""

import contextlib
import errno
import multiprocessing
import os
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from hydra import initialize_config_dir
from live import WEIGHTS, live

from bench import kills
from codist import run_folder
from codist.journal import HEARD, JOURNAL, PUBLISHED, Journal, read
from codist.rows import rows
from codist.store import store_at
from launch import jobs
from launch.compose import SWEEPS
from launch.replay import Replay

CHANGED = ("n=", "epochs=", "exchange.period=", "place.save_seconds=")
RUN = [
    *(word for word in kills.RUN if not word.startswith(CHANGED)),
    "exchange.period=1",
    "epochs=2",
    "seed=1",
]
EPOCH = 44  # updates


@pytest.fixture
def groups(tmp_path):
    """groups(save_seconds): the two groups of a run; the folder of group 0 is a disk of 1 MB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk: run this test as root, as .ci/run does")
    small = tmp_path / "laptop" / "regularization" / "codist_fixed" / "1" / "group0"
    small.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)

    def of_run(save_seconds):
        more = (f"place.runs={tmp_path}", f"place.save_seconds={save_seconds}")
        with initialize_config_dir(str(SWEEPS), version_base="1.3"):
            return jobs.single([*RUN, *more]).parts

    yield of_run
    subprocess.run(["umount", "--lazy", small], check=True)


def life(part, full: range, said: Path) -> None:
    """Train a group whose disk is full from update full.start until full.stop; what it says goes to `said`."""
    from launch.work import last_line, work

    sys.stderr = open(said, "a", buffering=1)
    ballast = part.folder / "ballast"

    def report(update):
        time.sleep(0.03)  # a peer publishes meanwhile
        if update in full:  # again at each, since the group removes files of its own
            with contextlib.suppress(OSError), open(ballast, "ab", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
        if update == full.stop:
            ballast.unlink()

    try:
        work(part, report)
    except Exception as error:
        print(f"stopped: {last_line(error)}", file=sys.stderr)
        os._exit(1)


def both_trained(parts, full, tmp_path) -> int:
    """Train both groups; group 0 has no space left from update full.start. Returns its exit code."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["launch.work"])
    ranges = full, range(0)
    both = [
        processes.Process(target=life, args=(part, of, tmp_path / f"said{part.group}"))
        for part, of in zip(parts, ranges, strict=True)
    ]
    for one in both:
        one.start()
    for one in both:
        one.join(120)
    assert both[1].exitcode == 0
    return both[0].exitcode


def check(parts, tmp_path):
    """Every row is there once, nothing is published or received twice, and the replay has the same bits."""
    run = parts[0].folder.parent
    for part in parts:
        updates = [row["update"] for row in rows(part.folder, part.group)]
        assert updates == sorted(set(updates)) and updates[-1] == part.run.updates
        assert run_folder.ended(part.folder)["outcome"] == "finished"
        names = Counter(line.get(PUBLISHED) or line[HEARD] for line in read(part.folder / JOURNAL))
        assert set(names.values()) == {1}
    assert run_folder.ended(run)["models"] == 2
    assert Replay(run).compare(tmp_path / "replay") == []


def test_training_goes_on_and_hears_nothing_that_its_disk_cannot_hold(groups, tmp_path):
    parts, full = groups(save_seconds=1e6), range(8, EPOCH - 4)
    assert both_trained(parts, full, tmp_path) == 0
    said = (tmp_path / "said0").read_text().splitlines()
    assert len(said) == 2 and all(os.strerror(errno.ENOSPC) in line for line in said), said
    assert any("the group's own folder holds no copy" in line for line in said)
    lines = read(parts[0].folder / JOURNAL)
    assert not any(full[2] < line["update"] < full[-2] for line in lines if HEARD in line)
    for what in (PUBLISHED, HEARD):
        assert any(line["update"] >= full.stop for line in lines if what in line)
    check(parts, tmp_path)


def test_where_it_cannot_save_it_stops_with_one_line_and_resumes(groups, tmp_path):
    parts = groups(save_seconds=0.3)
    assert both_trained(parts, range(30, 10**6), tmp_path) == 1
    folder = parts[0].folder
    *_, last = (tmp_path / "said0").read_text().splitlines()
    assert last.startswith("stopped: ") and "No space left on device; free some space" in last
    assert str(folder) in last
    assert run_folder.done(folder.parent) is None
    (folder / "ballast").unlink()
    assert both_trained(parts, range(0), tmp_path) == 0
    check(parts, tmp_path)


@contextlib.contextmanager
def full_disk(bytes_of_a_file: int):
    """No file gets larger: a limit ends a write in its middle, as a full disk does."""
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_of_a_file, old[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)


def test_what_a_full_disk_keeps_out_of_the_journal_is_not_heard(tmp_path, capsys):
    peers, peer = live(tmp_path), live(tmp_path, model=1)
    peer.publish(0, [WEIGHTS])
    assert peers.hear(4) == []
    while not peers.listener.ready:
        time.sleep(0.01)
    with full_disk(10):
        assert peers.hear(5) == []
    assert "is not used: " in capsys.readouterr().err
    assert not list((tmp_path / "group0" / "heard").iterdir())
    peer.publish(4, [2 * WEIGHTS])
    while not peers.listener.ready:
        time.sleep(0.01)
    (heard,) = peers.hear(6)
    assert heard.update == 4 and [line["update"] for line in peers.journal.lines] == [6]
    assert Journal(tmp_path / "group0").lines == peers.journal.lines
    for one in (peers, peer):
        one.close()


def test_a_group_whose_disk_is_full_when_it_begins_owns_nothing_and_begins_again(tmp_path):
    with full_disk(10), pytest.raises(OSError, match="File too large"):
        live(tmp_path)
    assert not (tmp_path / "group0" / "owner").exists()
    assert store_at(str(tmp_path / "store")).names("0") == []
    live(tmp_path).close()
    assert len((tmp_path / "group0" / "owner").read_text()) > 10
