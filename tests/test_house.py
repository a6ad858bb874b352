"""The plan of the house: who may import whom (core below, cases above), and the rules that a glance can check."""

import ast
import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [*ROOT.glob("src/**/*.py"), *ROOT.glob("figures/**/*.py")]

FLOORS = {
    "run": 16, "hydra_plugins.codist": 15,
    "launch.commands": 14,
    "launch.plan": 13, "launch.repeat": 13, "launch.settings": 13, "launch.status": 13, "launch.verify": 13,
    "launch.slurm": 12, "launch.sweep": 12,
    "launch.follow": 11, "launch.local": 11,
    "launch.outcome": 10, "launch.prerequisites": 10, "launch.shipped": 10, "launch.slurm_files": 10,
    "launch.command_config": 9, "launch.jobs": 9,
    "launch.attempt": 8, "launch.batch_script": 8, "launch.compose": 8, "launch.progress": 8,
    "launch.cost": 7, "launch.error_messages": 7, "launch.work": 7,
    "launch.cli_args": 6, "launch.compare_runs": 6, "launch.installed": 6, "launch.log_audit": 6, "launch.manual": 6,
    "launch.nodes": 6, "launch.places": 6, "launch.slurm_queue": 6, "launch.stop": 6,
    "launch": 5,  # the package: it holds nothing itself
    "codist": 4,  # what `import codist` offers: nothing of it is imported before it is used
    "codist.train": 3, "codist.check": 3, "codist.peers": 3, "workloads": 3,
    "codist.measure": 2, "codist.exchange": 2, "codist.feed": 2, "codist.config": 2, "codist.resumable": 2,
    "codist.comparison": 2, "codist.learner": 2, "codist.ranks": 2, "codist.runlog": 2,
    "codist.checksums": 1, "codist.world": 1, "codist.codecs": 1, "codist.loading": 1, "codist.row": 1,
    "codist.workload": 1, "codist.losses": 1, "codist.schedules": 1, "codist.keys": 1, "codist.rows": 1,
    "codist.checkpoint": 1, "codist.state_form": 1, "codist.options": 1,
    "codist.disk_errors": 1,
    "codist.errors": 0, "codist.clock": 0, "codist.disk": 0, "codist.presence": 0, "codist.states": 0,
    "codist.gradients": 0,
}  # fmt: skip


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


def floor(module: str) -> int | None:
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
                same_room = name.split(".")[0] == module.split(".")[0] == "workloads"
                assert below < here or same_room, f"{module} (floor {here}) imports {name} ({below})"


def cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """The modules that import each other, directly or through others."""

    def reached(module: str) -> set[str]:
        found, todo = set(), [module]
        while todo:
            for name in graph[todo.pop()] - found:
                found.add(name)
                todo.append(name)
        return found

    below = {module: reached(module) for module in graph}
    return [{module, *(m for m in below[module] if module in below[m])} for module in graph if module in below[module]]


def test_no_modules_import_each_other():
    """Inside functions or not. `from codist import runlog` imports runlog: the package itself imports nothing."""
    rooms = ("run", "launch", "hydra_plugins", "codist")
    ours = {module for module in IMPORTS if module.split(".")[0] in rooms}
    assert cycles({module: IMPORTS[module] & ours - {"codist"} for module in ours}) == []


def test_a_cycle_of_imports_is_found():
    graph = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}
    assert cycles(graph) == [{"b", "c"}, {"b", "c"}]


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
    assert ours <= {"codist", "codist.runlog", "codist.errors"}


def test_only_work_of_launch_imports_torch():
    assert {m for m in importers("torch") if m.split(".")[0] in ("run", "launch", "hydra_plugins")} == {"launch.work"}


def test_only_ranks_and_their_rows_import_torch_distributed():
    assert importers("torch.distributed") == {"codist.ranks", "codist.row"}


def test_only_one_file_imports_fairseq():
    assert importers("fairseq") == {"workloads.fairseq_parts"}


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
