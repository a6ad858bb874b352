"""Check shipped runs against the sweeps: python src/run.py verify. Needs no torch.

python -m figures.verify checks figures, verdicts and SHA-256s against the runs; make
verify runs both.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from codist import plan_seeds
from codist.errors import Refused
from codist.plan_digest import rounds
from codist.progress import progress
from codist.unpacked import name_of
from launch import committed, content_audit, log_audit
from launch.jobs import job as job_of
from launch.seeds import seeds_of
from launch.shipped import arms, shipped, values_of
from workloads.checkout import CHECKOUT, in_checkout

PAPER = "paper"
RECIPES = ("today", "committed")  # whose sweeps and code a config is compared with


def show(overrides: list[str]) -> None:
    """Print what is wrong in each run. Exits with 1 if anything is.

    recipes=committed also composes each run's config at the commit that the run names.
    """
    recipes, arguments = recipes_of(overrides)
    values = values_of(arguments)
    root, folders = shipped(values)
    asked = arms(arguments, folders)
    there: dict[tuple[str, ...], list[Path]] = {}
    for folder in folders:
        arm = folder.parts[-4:-1]
        if arm in asked or not {"sweep", "arm", "scale"} & values.keys():
            there.setdefault(arm, []).append(folder)
    found = list(stale(there, asked, wanted_seeds(there, root)))
    if recipes == "committed":
        found += at_commits([folder for folders in there.values() for folder in folders])
    for folder, wrong in found:
        print(f"stale: {name_of(folder)}: {wrong}", file=sys.stderr)
    runs, bad = (
        sum(len(folders) for folders in there.values()),
        len({folder for folder, _ in found}),
    )
    print(
        f"configs and logs of {runs} runs in {root}: {f'{bad} stale' if bad else 'they match the sweeps'}"
    )
    if found:
        sys.exit(1)


def recipes_of(overrides: list[str]) -> tuple[str, list[str]]:
    """Returns (the value of recipes=, other overrides). Raises Refused for an unknown value."""
    given = [one.partition("=")[2] for one in overrides if one.startswith("recipes=")]
    for value in given:
        if value not in RECIPES:
            raise Refused(f"recipes={value}: expected one of {', '.join(RECIPES)}")
    return given[-1] if given else RECIPES[0], [
        one for one in overrides if not one.startswith("recipes=")
    ]


def at_commits(folders: list[Path]) -> list[tuple[Path, str]]:
    """Returns the runs that their commit composes differently; prints how many could be compared."""
    found, compared, passed_over = committed.wrong(folders)
    for line in passed_over:
        print(f"not compared: {line}", file=sys.stderr)
    print(
        f"compared {compared} of {len(folders)} runs with the sweeps of their commits: {len(found)} differ"
    )
    return found


def wanted_seeds(there: dict, root: Path) -> dict[tuple[str, ...], set[int]]:
    """Returns the seeds that each arm in `there` should have.

    They are those of the plan, if a round with its runs in `root` names the arm. In the folder of the
    first round no other arm is wanted; elsewhere the others have their sweep's seeds, and all arms of
    sweeps with equally many seeds have the same ones. An arm without any run is not in `there`: it
    may still be trained.
    """
    plans = {one.seeds.name: plan_seeds.read(one.seeds) for one in rounds(in_checkout(PAPER))}
    places = {name: (CHECKOUT / plan["runs"]).resolve() for name, plan in plans.items()}
    here = [name for name, place in places.items() if place == root.resolve()]
    parts = [part for name in here for part in plan_seeds.parts(plans[name], name)]
    planned = {arm: set(plan_seeds.of_arm(parts, *arm)) for arm in there}
    if here and here[0] == next(iter(plans)):
        return planned
    every: dict[tuple[int, ...], set[int]] = {}
    for arm, folders in there.items():
        if not planned[arm]:
            found = every.setdefault(seeds_of(arm[1]), set())
            found |= {int(folder.name) for folder in folders if folder.name.isdigit()}
    # more seeds than the sweep's own may be shipped
    wanted = {own: of if of.isdisjoint(own) else of | set(own) for own, of in every.items()}
    return {arm: planned[arm] or wanted[seeds_of(arm[1])] for arm in there}


def stale(there: dict, asked: dict, wanted: dict) -> Iterator[tuple[Path, str]]:
    """Yields (folder, what is wrong) for the arms in `there`.

    wanted: {arm: its seeds}
    """
    commits = history(
        {
            commit
            for folders in there.values()
            for commit in map(log_audit.commit, folders)
            if commit
        }
    )
    for arm, folders in progress("verify, arms", there.items()):
        if arm not in asked:
            yield folders[0].parent, "no sweep has this arm; move it away"
            continue
        for folder in folders:
            overrides = [o for o in asked[arm].overrides if not o.startswith("seed=")]
            try:
                run = job_of((*overrides, f"seed={folder.name}")).run
            except Refused as error:
                yield folder, str(error)
                continue
            # later errors often follow from the first
            found = list(log_audit.wrong(folder, run)) or content_audit.wrong(folder, run)
            yield from ((folder, wrong) for wrong in found)
            if (commit := log_audit.commit(folder)) and commit in commits:
                yield folder, f"commit {commit} is {commits[commit]}"
        yield from content_audit.copies(folders)
        seeds = {int(folder.name) for folder in folders if folder.name.isdigit()}
        for some, what in ((wanted[arm] - seeds, "there"), (seeds - wanted[arm], "planned")):
            if some:
                numbers = ", ".join(map(str, sorted(some)))
                are = f"seeds {numbers} are" if len(some) > 1 else f"seed {numbers} is"
                yield folders[0].parent, f"{are} not {what}"
    yield from content_audit.shared_states(
        folder for folders in there.values() for folder in folders
    )


def history(commits: set[str]) -> dict[str, str]:
    """Returns {commit: what is wrong with it}.

    A shallow clone cannot tell if a commit is in the history.
    """
    wrong = {
        commit: "of changed files or unknown"
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
