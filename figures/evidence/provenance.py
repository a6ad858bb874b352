"""Where numbers come from: the runs behind each arm, their config, commit and machine, and what is missing."""

import hashlib
import json
import os
from dataclasses import dataclass

from figures import HOME
from figures.evidence.results import SEEDS, Arm

DIGITS = 8  # of a config's hash: enough to tell the arms of a lifetime apart


@dataclass(frozen=True)
class Runs:
    """What stands behind one arm."""

    arm: str
    sweep: str
    scale: str
    seeds: tuple[int, ...]  # that came to an end, the diverged among them
    missing: tuple[int, ...]  # that were begun or are wanted, and have not come to an end
    diverged: tuple[int, ...]
    folders: tuple[str, ...]  # of the seeds, in their order; from the repository's root
    # the first digits of a SHA-256: equal where all that decides the numbers is, but the seed
    config: str
    commits: tuple[str, ...]  # of the code that trained them
    machines: tuple[str, ...]
    core_seconds: float  # all seeds together: of one core, or of the devices where they ran on such


def runs_of(arm: Arm) -> Runs:
    folders = tuple(os.path.relpath(folder, HOME) for folder in arm.folders.values())
    return Runs(
        arm.name,
        arm.sweep,
        arm.scale,
        arm.seeds,
        missing(arm),
        arm.diverged,
        folders,
        fingerprint(arm.config),
        tuple(sorted(arm.commits)),
        machines([arm]),
        round(arm.seconds, 1),
    )


def missing(arm: Arm) -> tuple[int, ...]:
    """Seeds that are not there: those that were begun, and 1, 2, 3 until there are as many as the papers had."""
    begun = [*arm.seeds, *arm.unfinished]
    wanted = [seed for seed in range(1, SEEDS + 1) if seed not in begun][
        : max(0, SEEDS - len(begun))
    ]
    return tuple(sorted([*arm.unfinished, *wanted]))


def fingerprint(config: dict) -> str:
    """Of a config without its seed and place: what the seeds of an arm have in common."""
    kept = {key: value for key, value in config.items() if key not in ("seed", "place")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:DIGITS]


def together(arms: list[Arm]) -> str:
    """One hash for all that a figure shows; equal only where it would show the same arms of the same configs."""
    each = sorted(f"{arm.name} {fingerprint(arm.config)}" for arm in arms)
    return hashlib.sha256("\n".join(each).encode()).hexdigest()[:DIGITS]


def machines(arms: list[Arm]) -> tuple[str, ...]:
    """Each kind of processor that runs were made on, or the card where they were made on one."""
    found = {
        done.get("machine", {}).get("gpu")
        or done.get("machine", {}).get("processor", "machine unknown")
        for arm in arms
        for done in arm.done.values()
    }
    return tuple(sorted(found))
