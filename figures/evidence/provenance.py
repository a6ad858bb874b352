"""Provenance: the runs behind each arm, their config, commit and machine, and missing seeds."""

import hashlib
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from codist.unpacked import name_of
from figures import HOME
from figures.evidence.arm import Arm
from figures.evidence.names import seeds_of

DIGITS = 8  # of a config's hash: enough to avoid collisions between arms


@dataclass(frozen=True)
class Runs:
    """The runs of one arm, and what produced them."""

    arm: str
    sweep: str
    scale: str
    seeds: tuple[int, ...]  # ended, including diverged ones
    missing: tuple[int, ...]  # planned or started, but not ended
    diverged: tuple[int, ...]
    folders: tuple[str, ...]  # in the order of `seeds`, relative to the repository's root
    # the first digits of the SHA-256 of the config without seed and place
    config: str
    commits: tuple[str, ...]  # code versions that trained the runs
    machines: tuple[str, ...]
    core_seconds: float  # sum over seeds: core time on CPUs, else wall time


def runs_of(arm: Arm) -> Runs:
    folders = tuple(
        f"{relative(run.folder.parent)}/{run.folder.name}" for run in arm.stored.values()
    )
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


@cache  # the folder of an arm's runs
def relative(folder: Path) -> str:
    return os.path.relpath(name_of(folder), HOME)


def missing(arm: Arm) -> tuple[int, ...]:
    """Missing seeds: unfinished ones, then the first of the sweep's own that its number needs."""
    begun, own = [*arm.seeds, *arm.unfinished], seeds_of(arm.sweep)
    planned = [seed for seed in own if seed not in begun][: max(0, len(own) - len(begun))]
    return tuple(sorted([*arm.unfinished, *planned]))


def fingerprint(config: dict) -> str:
    """Hash a config without seed and place, which is equal for all seeds of an arm."""
    kept = {key: value for key, value in config.items() if key not in ("seed", "place")}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:DIGITS]


def together(arms: list[Arm]) -> str:
    """Hash all arms of a figure and their configs, as one."""
    each = sorted(f"{arm.name} {fingerprint(arm.config)}" for arm in arms)
    return hashlib.sha256("\n".join(each).encode()).hexdigest()[:DIGITS]


def machines(arms: list[Arm]) -> tuple[str, ...]:
    """The processors or, for GPU runs, the GPUs that trained the arms, each once."""
    found = {
        done.get("machine", {}).get("gpu")
        or done.get("machine", {}).get("processor", "machine unknown")
        for arm in arms
        for done in arm.done.values()
    }
    return tuple(sorted(found))
