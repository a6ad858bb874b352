"""Check shipped runs against the sweeps: python src/run.py verify. Needs no torch.

python -m figures.verify checks figures, verdicts and SHA-256s against the runs; make
verify runs both.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from codist.errors import Refused
from launch import log_audit
from launch.command_config import checked
from launch.jobs import SEEDS
from launch.jobs import job as job_of
from launch.shipped import arms, shipped, values_of


def show(overrides: list[str]) -> None:
    """Print what is wrong in each run. Exits with 1 if anything is."""
    arguments = checked(overrides).of_runs
    values = values_of(arguments)
    root, folders = shipped(values)
    asked = arms(arguments, values, folders)
    there: dict[tuple[str, ...], list[Path]] = {}
    for folder in folders:
        arm = folder.parts[-4:-1]
        if arm in asked or not {"sweep", "arm", "scale"} & values.keys():
            there.setdefault(arm, []).append(folder)
    found = list(stale(there, asked))
    for folder, wrong in found:
        print(f"stale: {folder}: {wrong}", file=sys.stderr)
    runs, bad = (
        sum(len(folders) for folders in there.values()),
        len({folder for folder, _ in found}),
    )
    print(
        f"configs and logs of {runs} runs in {root}: {f'{bad} stale' if bad else 'as the sweeps make them today'}"
    )
    if found:
        sys.exit(1)


def stale(there: dict, asked: dict) -> Iterator[tuple[Path, str]]:
    """Yields (folder, what is wrong) for the arms in `there`."""
    commits = history(
        {
            commit
            for folders in there.values()
            for commit in map(log_audit.commit, folders)
            if commit
        }
    )
    every = {
        int(folder.name)
        for folders in there.values()
        for folder in folders
        if folder.name.isdigit()
    }
    # more seeds than the papers' three may be shipped
    wanted = every if every.isdisjoint(SEEDS) else every | set(SEEDS)
    for arm, folders in there.items():
        if arm not in asked:
            yield folders[0].parent, "no sweep makes it; move it away"
            continue
        numbers: dict = {}
        for folder in folders:
            overrides = [o for o in asked[arm].overrides if not o.startswith("seed=")]
            try:
                run = job_of((*overrides, f"seed={folder.name}")).run
            except Refused as error:
                yield folder, str(error)
                continue
            yield from ((folder, wrong) for wrong in log_audit.wrong(folder, run))
            if (commit := log_audit.commit(folder)) and commit in commits:
                yield folder, f"commit {commit} is {commits[commit]}"
            if (same := numbers.setdefault(log_audit.numbers(folder), folder)) != folder:
                yield folder, f"its values equal those of seed {same.name}"
        for seed in wanted - {int(folder.name) for folder in folders if folder.name.isdigit()}:
            yield folders[0].parent, f"seed {seed} is not there"


def history(commits: set[str]) -> dict[str, str]:
    """Returns {commit: what is wrong with it}.

    A shallow clone cannot tell if a commit is in the history.
    """
    wrong = {
        commit: "of changed files or none"
        for commit in commits
        if not log_audit.CLEAN.fullmatch(commit)
    }
    if git("rev-parse", "--is-shallow-repository") != "false":
        return wrong
    asked = sorted(commits - wrong.keys())
    lines = git("cat-file", "--batch-check", stdin="\n".join(asked)).splitlines()
    return wrong | {
        one: "not in the history"
        for one, line in zip(asked, lines, strict=True)
        if " commit " not in line
    }


def git(*arguments: str, stdin: str = "") -> str:
    """Returns the output of git; "" without git or outside a checkout."""
    try:
        return subprocess.run(["git", *arguments], cwd=Path(__file__).parent, input=stdin, capture_output=True,
                              text=True, check=True).stdout.strip()  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return ""
