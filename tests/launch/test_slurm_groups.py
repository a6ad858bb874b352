"""Models that are trained apart as jobs of a real Slurm: one is cancelled, the others continue, and it comes back."""

import json

import pytest
from cluster import PATIENT, folder, said, slowed, slurm, typed, until

from codist import run_folder
from codist.groups import group_folder
from codist.journal import HEARD, JOURNAL, read
from codist.rows import rows
from launch.replay import Replay

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("cluster")]
N, CANCELLED = 3, 1
FILES = (
    "seed=1",
    "exchange.kind=files",
    "exchange.period=4",
    "sampling=independent",
    f"n={N}",
    "epochs=2",
)


def test_a_cancelled_group_is_submitted_again_alone_and_the_replay_has_the_same_bits(tmp_path):
    """Each group has two ranks."""
    run = folder(tmp_path)
    groups = [group_folder(run, i) for i in range(N)]

    def jobs():
        return [json.loads((group / "slurm.json").read_text())["job"] for group in groups]

    def status():
        assert typed(tmp_path, *FILES, word="status").wait(60) == 0
        return [line for line in said(tmp_path).splitlines() if " group " in line][-N:]

    def heard(i):
        return [line for line in read(groups[i] / JOURNAL) if HEARD in line]

    slow = slowed(tmp_path, 0.3)
    submitted = typed(tmp_path, *FILES, "hydra.launcher.wait=false", environment=slow)
    assert submitted.wait(PATIENT) == 0, said(tmp_path)
    first = jobs()
    assert len(set(first)) == N
    until(lambda: all(map(heard, range(N))), "each has heard a peer")
    for line in status():
        assert "running: update" in line and "heard model" in line and "at update" in line
    slurm("scancel", first[CANCELLED])
    until(
        lambda: f"job {first[CANCELLED]} is CANCELLED after update" in status()[CANCELLED],
        "cancelled",
    )
    before = read(groups[CANCELLED] / JOURNAL)
    until(
        lambda: [run_folder.done(group) is not None for group in groups] == [True, False, True],
        "the others end",
    )
    assert not run_folder.done(run)

    assert typed(tmp_path, *FILES).wait(PATIENT) == 0, said(tmp_path)
    assert "1 runs, 0 done, 1 to run, 1 models of them trained apart" in said(tmp_path)
    assert [now == was for now, was in zip(jobs(), first, strict=True)] == [True, False, True]
    assert read(groups[CANCELLED] / JOURNAL)[: len(before)] == before
    facts = run_folder.ended(run)
    assert (facts["outcome"], facts["models"]) == ("finished", N)
    for i in range(N):
        updates = [row["update"] for row in rows(run, i)]
        assert updates == sorted(set(updates)) and updates[-1] == facts["update"]
    assert Replay(run).compare(tmp_path / "replay") == []
    assert typed(tmp_path, *FILES).wait(PATIENT) == 0
    assert "1 runs, 1 done, 0 to run" in said(tmp_path)
