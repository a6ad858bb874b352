"""Whatever ends a run on a real Slurm from outside, it comes back and ends with the bits of an undisturbed one."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from cluster import ONEBOX, end_of_a_job, ranks_of, slurm, until

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("cluster")]
SEEDS = "1"  # that `alone` trains


def test_a_killed_rank(tmp_path, alone):
    end_of_a_job(tmp_path, alone, lambda job: os.kill(ranks_of(job)[1], signal.SIGKILL))


def test_a_stopped_rank_is_found_in_time_and_named(tmp_path, alone):
    stopped = {}

    def stop(job):
        stopped["pid"] = ranks_of(job)[1]
        os.kill(stopped["pid"], signal.SIGSTOP)
        began = time.monotonic()
        until(
            lambda: "rank 1 did not answer rank 0 within 8 s" in said_by_rank_0(job),
            "the silent one is named",
        )
        # patience, roll call, a slow machine; untold it would be 60
        assert time.monotonic() - began < 8 + 10 + 20

    def said_by_rank_0(job):
        return (tmp_path / "slurm" / job / f"{job}_0_log.err").read_text()

    end_of_a_job(tmp_path, alone, stop, "place.patience=8")


def test_preemption(tmp_path, alone):
    def preempt(job):
        urgent = ["--partition=urgent", "--nodes=2", "--constraint=volta16gb", "--exclusive"]
        slurm("sbatch", *urgent, "--output=/dev/null", "--wrap=sleep 3")

    end_of_a_job(tmp_path, alone, preempt)


def test_a_node_that_dies(tmp_path, alone):
    """Its slurmd is killed: nobody ends its processes, and the next attempt waits until they notice. The other
    node's rank is stopped, or the run would be over before Slurm has missed the node."""

    def kill(job):
        node = slurm("squeue", "-h", "-r", "-j", job, "-o", "%B")
        here = Path(os.environ["SLURM_CONF"]).parent
        os.kill(int((here / f"slurmd-{node}.pid").read_text()), signal.SIGKILL)
        os.kill(ranks_of(job)[1], signal.SIGSTOP)
        until(lambda: slurm("squeue", "-h", "-j", job, "-o", "%T") == "PENDING", "queued again")
        subprocess.run([ONEBOX, "up"], check=True, timeout=60)  # the node is back

    end_of_a_job(tmp_path, alone, kill)


def test_scontrol_requeue(tmp_path, alone):
    end_of_a_job(tmp_path, alone, lambda job: slurm("scontrol", "requeue", job))
