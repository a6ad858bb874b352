"""The plan of the house: who may import whom (core below, cases above), and the rules that a glance can check."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [*ROOT.glob("src/**/*.py"), *ROOT.glob("figures/**/*.py")]

FLOORS = {
    "run": 6, "hydra_plugins.codist": 5, "launch": 5,
    "codist": 4,  # what `import codist` offers: nothing of it is imported before it is used
    "codist.train": 3, "codist.check": 3, "codist.peers": 3,
    "codist.set_up": 2.5, "codist.saving": 2.5,
    "codist.measure": 2, "codist.feed": 2, "codist.config": 2, "codist.resumable": 2, "codist.begin_from": 2,
    "codist.comparison": 2, "codist.learner": 2, "codist.runlog": 1.5, "codist.existing_group": 2,
    "codist.exchange": 1.9, "codist.exchange.predictions": 1.8, "codist.exchange.checkpoints": 1.8,
    "codist.exchange.constant": 1.8, "codist.exchange.periodic": 1.7, "codist.exchange.no_exchange": 1.6,
    "codist.ranks": 1.6, "codist.grid": 1.5, "codist.codecs": 1.5,
    "codist.checksums": 1, "codist.world": 1, "codist.loading": 1, "codist.row": 1,
    "codist.workload": 1, "codist.losses": 1, "codist.schedules": 1, "codist.keys": 1, "codist.rows": 1,
    "codist.checkpoint": 1, "codist.state_form": 1, "codist.options": 1, "codist.metrics": 1,
    "codist.optimizer": 1, "codist.weight_average": 1,
    "codist.errors": 0, "codist.clock": 0, "codist.disk": 0, "codist.presence": 0, "codist.states": 0,
    "codist.gradients": 0, "codist.precision": 0,
    "workloads": 3,  # finds the packages and opens one
    "workloads.prepare": 2.8, "workloads.fetch": 2.7, "workloads.imagenet_check": 2.7, "workloads.unpack": 2.6,
    "workloads.<name>.data": 2.5, "workloads.<name>.options": 2.4, "workloads.<name>": 2.3,
    "workloads.images": 2.2, "workloads.text": 2.2,
    "workloads.sources": 2.1, "workloads.classification": 2.1,
    "workloads.files": 2, "workloads.networks": 2, "workloads.ending": 2,
}  # fmt: skip
WORKLOADS = {path.parent.name for path in ROOT.glob("src/workloads/*/options.py")}


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "src" else parts
    return ".".join(part for part in parts if part != "__init__")


def imports(path: Path) -> set[str]:
    """Every module that a file imports, inside its functions too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def package(module: str) -> str | None:
    """The folder of workloads/ that holds `module`. Its files of one floor may import each other, in no circle."""
    parts = module.split(".")
    return parts[1] if parts[0] == "workloads" and parts[1:2] and (ROOT / "src" / Path(*parts[:2])).is_dir() else None


def floor(module: str) -> float | None:
    if package(module) in WORKLOADS:
        module = module.replace(f".{package(module)}", ".<name>", 1)
    while module:
        if module in FLOORS:
            return FLOORS[module]
        module = module.rpartition(".")[0]
    return None


IMPORTS = {module_of(path): imports(path) for path in SOURCES}


def importers(*packages: str) -> set[str]:
    return {m for m, names in IMPORTS.items() if any(n == p or n.startswith(p + ".") for n in names for p in packages)}


def test_imports_only_go_down():
    for module, names in IMPORTS.items():
        if module.startswith("figures"):
            continue
        here = floor(module)
        assert here is not None, f"{module} has no floor; give it one in FLOORS"
        for name in names:
            below = floor(name)
            if below is not None and name != "codist":
                same_room = name.split(".")[0] == module.split(".")[0] == "launch"
                same_package = below == here and package(name) == package(module) is not None
                assert below < here or same_room or same_package or (below == here == 5), (
                    f"{module} (floor {here}) imports {name} ({below})"
                )


def test_no_imports_make_a_circle_not_even_inside_functions():
    def reached(module):
        found, ahead = set(), {module}
        while ahead:
            ahead = {name for one in ahead for name in IMPORTS[one] if name in IMPORTS} - found
            found |= ahead
        return found

    circles = {m for m in IMPORTS if m in reached(m)}
    assert not {m for m in circles if not m.startswith("launch.")}


def test_no_workload_imports_another():
    for module in IMPORTS:
        if (own := package(module)) in WORKLOADS:
            assert not [n for n in IMPORTS[module] if package(n) in WORKLOADS - {own}], module


def test_options_need_no_torch():
    asked = "import sys, workloads; print(len(workloads.options_by_name()), 'torch' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", asked], cwd=ROOT / "src", capture_output=True, text=True, check=True)
    assert said.stdout.split() == [str(len(WORKLOADS)), "False"]


def test_the_method_names_no_data_set():
    assert not {m for m in importers("workloads") if m.startswith("codist")}


def test_the_library_imports_nothing_that_pip_does_not_install_with_it():
    found = {name.split(".")[0] for m, names in IMPORTS.items() if m.split(".")[0] == "codist" for name in names}
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    named = {"yaml" if need.startswith("PyYAML") else re.match(r"\w+", need)[0] for need in needs}
    assert found - sys.stdlib_module_names == named | {"codist"}


def test_a_workload_knows_nothing_of_codistillation():
    above = ("codist.train", "codist.exchange", "codist.world", "codist.feed", "codist.config", "codist.measure")
    assert not {m for m in importers(*above) if m.startswith("workloads")}


def test_hydra_and_submitit_stay_at_the_door():
    allowed = ("run", "launch", "hydra_plugins")
    assert not {m for m in importers("hydra", "omegaconf", "submitit") if m.split(".")[0] not in allowed}


def test_figures_need_no_torch_and_nothing_of_the_method_but_its_log():
    assert not {m for m in importers("torch") if m.startswith("figures")}
    ours = {n for m, names in IMPORTS.items() if m.startswith("figures") for n in names if n.split(".")[0] == "codist"}
    allowed = ("codist.runlog", "codist.metrics", "codist.errors")
    assert all(name == "codist" or name.startswith(allowed) for name in ours)


def test_only_work_of_launch_imports_torch():
    assert {m for m in importers("torch") if m.split(".")[0] in ("run", "launch", "hydra_plugins")} == {"launch.work"}


def test_only_placements_over_ranks_import_torch_distributed():
    assert importers("torch.distributed") == {"codist.grid", "codist.ranks", "codist.row", "codist.existing_group"}


def test_only_one_file_imports_fairseq():
    assert importers("fairseq") == {"workloads.text.fairseq_parts"}


def test_only_a_learner_steps_an_optimizer():
    steps = {
        module_of(path)
        for path in SOURCES
        if "step(self.optimizer)" in path.read_text() or "optimizer.step(" in path.read_text()
    }
    assert steps <= {"codist.learner", "bench.update"}


def test_every_file_says_its_subject_in_its_first_line():
    for path in SOURCES:
        said = ast.get_docstring(ast.parse(path.read_text()))
        assert said and len(said.splitlines()[0]) > 20, path


def test_no_file_is_much_above_150_lines():
    assert not {module_of(path): n for path in SOURCES if (n := len(path.read_text().splitlines())) > 200}
