"""The files beside the code: locks that agree, no address of anybody's machine, and the papers' data."""

import csv
import re
import shutil
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from codist.packed_files import RUNS, decompressed, lines_of
from figures.evidence.names import NAMES

HOME = Path(__file__).parents[2]
PYPROJECT = tomllib.loads((HOME / "pyproject.toml").read_text())
EXPERIMENTS = yaml.safe_load((HOME / "paper/experiments.yaml").read_text())
MAKEFILE = (HOME / "Makefile").read_text()
OPEN = (HOME / "paper/open.md").read_text()
PHONY = MAKEFILE.replace("\\\n", " ").split(".PHONY:")[1].splitlines()[0]
TARGETS = set(PHONY.split()) - {"redo"}  # redo is no target to ask for
LOCK, FIGURES_LOCK = "requirements.lock", "figures/requirements.lock"
RECIPES_LOCK = "docs/recipes/requirements.lock"
PYTHONS = ("3.11", "3.12", "3.13")


def entries(lock: str) -> list[Requirement]:
    lines = (HOME / lock).read_text().splitlines()
    return [Requirement(line) for line in lines if line and not line.lstrip().startswith("#")]


def pins(lock: str, python: str) -> dict[str, str]:
    """{package: version} of `lock` on Linux and x86-64."""
    machine = {
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "implementation_name": "cpython",
    }
    found = [entry for entry in entries(lock) if not entry.marker or entry.marker.evaluate(machine)]
    assert len({entry.name for entry in found}) == len(found), (
        f"{lock} pins a package twice for Python {python}"
    )
    return {entry.name: str(entry.specifier).removeprefix("==") for entry in found}


# ---------------------------------------------------------------- the first command
def test_a_fresh_clone_draws_a_figure_with_the_environment_it_has_just_made(tmp_path):
    """make chooses between two environments before either exists; a figure that trains needs .venv."""
    shutil.copy(HOME / "Makefile", tmp_path)
    shutil.copy(HOME / "requirements.lock", tmp_path)
    for part in ("figures", "sweeps"):
        shutil.copytree(
            HOME / part, tmp_path / part, ignore=shutil.ignore_patterns("out", "__pycache__")
        )
    would = {
        target: run_make(tmp_path, "--dry-run", target) for target in ("fig2", "figures", "claims")
    }
    assert ".venv/bin/python -m figures fig2" in would["fig2"]
    assert ".venv-figures" not in would["fig2"]
    assert ".venv-figures/bin/python -m figures" in would["figures"]
    assert ".venv-figures/bin/python -m figures" in would["claims"]


def run_make(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["make", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout


# ---------------------------------------------------------------- locks
def test_the_two_locks_give_the_same_versions():
    assert set(map(str, entries(FIGURES_LOCK))) <= set(map(str, entries(LOCK))), "make lock"


def test_the_recipes_run_with_the_versions_that_reproduce_the_papers():
    """.venv-recipes takes them from .venv, and has only what the lock of the papers does not have."""
    for python in PYTHONS:
        papers, recipes = pins(LOCK, python), pins(RECIPES_LOCK, python)
        shared = papers.keys() & recipes.keys()
        assert "torch" in shared and {"accelerate", "transformers"} <= recipes.keys() - shared
        assert {name: recipes[name] for name in shared} == {name: papers[name] for name in shared}


def test_drawing_needs_no_torch():
    heavy = {"torch", "torchvision", "triton", "fairseq", "hydra-core", "submitit"}
    assert not heavy & {entry.name for entry in entries(FIGURES_LOCK)}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("lock", [LOCK, FIGURES_LOCK, RECIPES_LOCK])
def test_a_lock_satisfies_every_range_of_pyproject(lock, python):
    groups = dict(PYPROJECT["dependency-groups"])
    recipes, library = groups.pop("recipes"), PYPROJECT["project"]["dependencies"]
    wanted = {
        LOCK: [*library, *chain(*groups.values())],
        FIGURES_LOCK: groups["figures"],
        RECIPES_LOCK: recipes,
    }[lock]
    locked = pins(lock, python)
    for need in map(Requirement, wanted):
        assert need.specifier.contains(locked[need.name.lower()]), (
            f"{lock}: {need}, locked {locked[need.name.lower()]}"
        )


def test_the_makefile_takes_the_pythons_that_pyproject_names():
    low, high = re.search(
        r"\((3, \d+)\) <= sys.version_info\[:2\] <= \((3, \d+)\)", MAKEFILE
    ).groups()
    taken = [f"3.{minor}" for minor in range(int(low[3:]), int(high[3:]) + 1)]
    supported = SpecifierSet(PYPROJECT["project"]["requires-python"])
    assert (
        taken
        == list(PYTHONS)
        == [f"3.{minor}" for minor in range(8, 20) if f"3.{minor}" in supported]
    )


def test_conda_installs_what_the_lock_says():
    *conda, last = yaml.safe_load((HOME / "environment.yml").read_text())["dependencies"]
    python = next(entry.removeprefix("python=") for entry in conda if entry.startswith("python="))
    assert python in PYTHONS
    assert not {entry.split("=")[0] for entry in conda} & set(pins(LOCK, python)), (
        "conda would bring its own version"
    )
    assert "-r requirements.lock" in last["pip"]
    for need in (Requirement(entry) for entry in last["pip"] if not entry.startswith("-")):
        assert str(need.specifier) == f"=={pins(LOCK, python)[need.name.lower()]}"


# ---------------------------------------------------------------- the library
def test_pip_installs_the_library_and_nothing_of_a_common_name(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HOME / name, tmp_path)
    shutil.copytree(HOME / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.egg-info"))
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
        ".",
    ]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("codist-*.whl")
    packed = ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in packed} == {"codist"}
    assert {f"codist/{path.name}" for path in (HOME / "src/codist").glob("*.py")} <= set(packed)


# ---------------------------------------------------------------- nobody's machine
ADDRESSES = {  # written so that no pattern finds itself
    "the host of a package registry": r"py[p]i\.(org|python)|python[h]osted\.org|anacond[a]\.(org|com)"
    r"|npm[j]s\.(org|com)|crates[.]io|download\.pyto[r]ch\.org|golang[.]org|artifact[o]ry|dev[p]i\b|/simpl[e]/",
    "where a package index is": r"(?<!no-emit-)(index[-_]ur[l]|find[-_]link[s]|trusted[-_]hos[t]|default[-_]inde[x]\b)",
    "a path of one machine": r"(?<![\w.~$}])/(roo[t]|wor[k]|hom[e]/\w+|User[s]/\w+)/",
}


def ours() -> list[Path]:
    """Every file that is in git or would be added to it."""
    command = ["git", "-C", HOME, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True)
    assert listed.returncode == 0, (
        f"this reads what git would commit; run it in a clone: {listed.stderr}"
    )
    return [path for name in listed.stdout.split("\0") if name and (path := HOME / name).is_file()]


def test_no_file_names_a_registry_or_somebodys_machine():
    patterns = {what: re.compile(of, re.IGNORECASE) for what, of in ADDRESSES.items()}
    found = []
    for path in ours():
        try:
            of_runs = path.name.endswith(RUNS)  # configs and machines; a row has only numbers
            lines = lines_of(decompressed(path)) if of_runs else path.read_text().splitlines()
        except UnicodeDecodeError:
            continue  # a picture
        text, name = "\n".join(lines), path.relative_to(HOME)
        for what, pattern in patterns.items():
            found += [
                f"{name}:{i}: {what}: {line.strip()[:120]}"
                for i, line in enumerate(lines if pattern.search(text) else (), 1)
                if pattern.search(line)
            ]
    assert not found, "\n".join(found)


def test_a_clone_is_small():
    sizes = [path.stat().st_size for path in ours()]
    assert len(sizes) <= 1000 and sum(sizes) <= 60e6, (len(sizes), sum(sizes))


# ---------------------------------------------------------------- make
def test_make_help_lists_every_target():
    command = ["make", "--no-print-directory", "help"]
    shown = subprocess.run(command, cwd=HOME, capture_output=True, text=True, check=True).stdout
    for target in TARGETS - {"$(FIGURES)"}:
        assert re.search(rf"^  make {target} ", shown, re.MULTILINE), (
            f"make help does not show {target}"
        )
    assert sorted(shown.partition("one of\n")[2].split()) == sorted(NAMES)


def test_every_target_of_make_says_what_it_makes():
    for target in TARGETS:
        assert re.search(rf"^{re.escape(target)}:[^#\n]* ## \w", MAKEFILE, re.MULTILINE), (
            f"{target} lacks its ## line"
        )


@pytest.mark.parametrize(
    ("typed", "told"), [("v1_fig7a", "make v1_fig7 draws all its panels"), ("fig99", "make help")]
)
def test_make_tells_what_it_does_not_know(typed, told):
    done = subprocess.run(["make", typed], cwd=HOME, capture_output=True, text=True)
    assert done.returncode == 2 and f"make: {typed} is no target; {told}" in done.stderr
    # as .ci/run begins
    subprocess.run(["make", "--always-make", "help"], cwd=HOME, check=True, capture_output=True)


def test_make_never_empties_an_environment_that_is_linked(tmp_path):
    """A link leads to another checkout's environment, which others may be running from."""
    for name in ("Makefile", "requirements.lock"):
        shutil.copy(HOME / name, tmp_path)
    shutil.copytree(HOME / "sweeps" / "scale", tmp_path / "sweeps" / "scale")
    others = tmp_path / "others"
    others.mkdir()
    (others / "lock").write_text("another lock\n")
    (tmp_path / ".venv").symlink_to(others)
    done = subprocess.run(["make", "setup"], cwd=tmp_path, capture_output=True, text=True)
    assert (others / "lock").exists(), done
    assert done.returncode == 2 and f".venv is a link to {others}, which was not" in done.stderr


# ---------------------------------------------------------------- the papers' data
REPORTED = list(csv.DictReader((HOME / "paper/reported.csv").read_text().splitlines()))
PRINTED = {
    (experiment["paper"], experiment["id"]): experiment["reported"]
    for experiment in EXPERIMENTS["experiments"]
}
PRINTED["v2", "s3"] = [
    EXPERIMENTS["communication_model"][f"b_{what}_bits_resnet50"] for what in ("model", "pred")
]
del PRINTED["slides", "table_updates"]  # formulas in M and N


def numbers(printed) -> set[float]:
    """The numbers in what an experiment reports; 800k is 800,000, a batch names an arm, and words stay words."""
    if isinstance(printed, dict):
        return set().union(
            *(numbers(value) for key, value in printed.items() if key not in ("bs", "qualitative"))
        )
    if isinstance(printed, list):
        return set().union(*map(numbers, printed))
    found = re.findall(r"(?<![\w.])(\d+\.?\d*(?:e\+?\d+)?)(k?)", str(printed))
    return {float(number) * (1000 if thousands else 1) for number, thousands in found}


def test_every_reported_number_is_in_its_experiment():
    for row in REPORTED:
        assert float(row["value"]) in numbers(PRINTED[row["source"], row["figure"]]), row


def test_every_number_of_an_experiment_is_reported():
    for (source, figure), printed in PRINTED.items():
        rows = {
            float(row["value"])
            for row in REPORTED
            if (row["source"], row["figure"]) == (source, figure)
        }
        assert numbers(printed) <= rows, (
            f"{source} {figure}: {numbers(printed) - rows} is not in reported.csv"
        )


def test_a_number_is_reported_once():
    keys = [(row["source"], row["figure"], row["arm"], row["metric"]) for row in REPORTED]
    assert len(set(keys)) == len(keys)
    assert all(row["unit"] and row["place"] for row in REPORTED)


def test_every_contradiction_has_its_answer():
    known = {contradiction["id"] for contradiction in EXPERIMENTS["contradictions"]}
    answered = re.findall(r"^\| (C\d\d) \|(?:[^|\n]*[^|\s][^|\n]*\|){3}$", OPEN, re.MULTILINE)
    assert sorted(answered) == sorted(known)


def test_every_arm_that_open_md_names_is_in_its_sweep():
    for sweep, arm in re.findall(r"`(?!sweep/arm)([a-z]+)/([a-z0-9_]+)`", OPEN):
        arms = yaml.safe_load((HOME / f"sweeps/sweep/{sweep}.yaml").read_text())["arms"]
        assert arm in arms, f"paper/open.md names the arm {sweep}/{arm}; there is {', '.join(arms)}"
