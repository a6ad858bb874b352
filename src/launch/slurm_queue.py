"""The states of Slurm jobs: from squeue, else from sacct if installed."""

import subprocess
from collections.abc import Iterable

OVER = ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE", "REVOKED",
        "PREEMPTED")  # fmt: skip


def over(state: str) -> bool:
    """True if a job in this state has ended; Slurm may still queue it again."""
    return state in OVER


def states(ids: Iterable[str]) -> dict[str, str]:
    """Returns {job: its state} of jobs that Slurm knows; {} if it does not answer."""
    asked = set(ids)
    if not asked:
        return {}
    found = table(
        "squeue",
        "--noheader",
        "--array",
        "--states=all",
        "--format=%i|%T",
        "--jobs=" + heads(asked),
    )
    if asked - found.keys():
        found |= table(
            "sacct",
            "--noheader",
            "--parsable2",
            "--allocations",
            "--format=JobID,State",
            "--jobs=" + heads(asked),
        )
    return {
        number: state.split()[0] for number, state in found.items() if number in asked and state
    }


def heads(ids: Iterable[str]) -> str:
    """Returns array numbers without tasks, since squeue fails on a list of unknown tasks."""
    return ",".join(sorted({number.split("_")[0] for number in ids}))


def table(*command: str) -> dict[str, str]:
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return dict(line.split("|", 1) for line in answer.stdout.splitlines() if "|" in line)
