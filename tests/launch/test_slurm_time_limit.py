"""A run that reaches Slurm's time limit is queued again, and ends with the bits of an undisturbed one.

In a file, and so a process, of its own: it waits most of three minutes, while other tests go on.
"""

import pytest
from cluster import end_of_a_job, restarts, until

pytestmark = [pytest.mark.slurm, pytest.mark.usefixtures("cluster")]
SEEDS = "1"  # that `alone` trains


def test_the_time_limit(tmp_path, alone):
    """USR2 comes 50 to 80 seconds ahead of the two minutes, as Slurm happens to look: the run saves, is queued again,
    goes on."""
    limit = [
        f"hydra.launcher.{one}" for one in ("timeout_min=2", "signal_delay_s=50", "restarts=20")
    ]

    def wait(job):
        until(lambda: restarts(tmp_path) > 0, "queued again at the time limit")
        assert "stopped at update" in (tmp_path / "slurm" / job / f"{job}_0_log.err").read_text()

    end_of_a_job(tmp_path, alone, wait, *limit, nodes="volta32gb", pause=1)
