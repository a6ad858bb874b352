"""Compose the configs of shipped runs with the code and the sweeps of the commits that they name."""

import io
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from codist import run_folder, run_identity
from codist.errors import Refused
from launch import log_audit

ROOT = Path(__file__).parents[2]
# run with that commit's code, which has had these two names since src/launch exists
COMPOSE = """
import json, sys
from hydra import initialize_config_dir
from launch.compose import SWEEPS
from launch.jobs import job
def config(overrides):
    try:
        return job(tuple(overrides)).run.to_dict()
    except Exception as error:
        return {"error": str(error).splitlines()[0]}
with initialize_config_dir(str(SWEEPS), version_base="1.3"):
    print(json.dumps(list(map(config, json.load(sys.stdin)))))
"""

Arm = tuple[str, str, str]  # scale, sweep, arm


def wrong(
    folders: Sequence[Path], repository: Path = ROOT
) -> tuple[list[tuple[Path, str]], int, list[str]]:
    """Compare each run's config with what its commit composes.

    Returns ([(folder, the difference)], the number of runs compared, a line for each commit whose
    runs could not be compared).
    """
    by_commit: dict[str, list[Path]] = {}
    for folder in folders:
        by_commit.setdefault(log_audit.commit(folder), []).append(folder)
    found: list[tuple[Path, str]] = []
    compared, passed_over = 0, []
    for commit, of in sorted(by_commit.items()):
        arms = sorted(set(map(arm_of, of)))
        try:
            configs = composed(commit, arms, repository)
        except Refused as error:
            passed_over.append(f"{len(of)} runs of commit {commit or 'unknown'}: {error}")
            continue
        compared += len(of)
        found += differences(of, configs, commit)
    return found, compared, passed_over


def arm_of(folder: Path) -> Arm:
    scale, sweep, arm = folder.parts[-4:-1]
    return scale, sweep, arm


def differences(
    folders: Sequence[Path], configs: dict[Arm, dict], commit: str
) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        try:
            config = run_folder.made_by(folder)
        except Refused as error:
            yield folder, f"damaged: {error}"
            continue
        at_commit = configs[arm_of(folder)] | {"seed": int(folder.name)}
        if "error" in at_commit:
            yield folder, f"commit {commit} cannot compose this run: {at_commit['error']}"
            continue
        # JSON has lists for the tuples of a Run
        if other := run_identity.difference(json.loads(json.dumps(config)), at_commit):
            yield folder, f"commit {commit} composes another config: {'; '.join(other[:4])}"


def composed(commit: str, arms: Sequence[Arm], repository: Path) -> dict[Arm, dict]:
    """Return {arm: its config}, composed by the code of `commit` in its own process.

    An arm that it does not compose has an `error` instead. Raises Refused if the clone lacks the
    commit, or if its code does not run.
    """
    if not log_audit.CLEAN.fullmatch(commit):
        raise Refused("trained by changed files or outside a checkout; nothing to compose")
    try:
        packed = subprocess.run(
            ["git", "archive", "--format=zip", commit, "src", "sweeps"],
            cwd=repository,
            capture_output=True,
        )
    except OSError:
        raise Refused("git is not installed; install it") from None
    if packed.returncode:
        raise Refused("not in this clone's history; git fetch --unshallow gets all of it")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(io.BytesIO(packed.stdout)) as files:
            files.extractall(folder)
        asked = [
            [f"scale={scale}", f"sweep={sweep}", f"arm={arm}", "seed=1"]
            for scale, sweep, arm in arms
        ]
        done = subprocess.run(
            [sys.executable, "-c", COMPOSE],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": f"{folder}/src"},
            input=json.dumps(asked),
            capture_output=True,
            text=True,
        )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Refused(f"its code does not run: {last}")
    return dict(zip(arms, json.loads(done.stdout), strict=True))
